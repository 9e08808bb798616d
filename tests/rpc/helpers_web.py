"""A web server on loopback for the addresses that questions name: each path answers as the test says."""

import http.server
import threading


class Web:
    """pages: {path: function of the handler}, or bytes, which are sent with the type that `types` has for the path."""

    def __init__(self, address="127.0.0.1"):
        self.pages, self.types, self.heads = {}, {}, []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                web.heads.append((self.path, dict(self.headers)))
                page = web.pages.get(self.path)
                if callable(page):
                    page(self)
                elif page is None:
                    self.send_error(404)
                else:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(page)))
                    if self.path in web.types:
                        self.send_header("Content-Type", web.types[self.path])
                    self.end_headers()
                    self.wfile.write(page)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def redirect(self, path, to, status=302):
        def page(handler):
            handler.send_response(status)
            handler.send_header("Location", to)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.pages[path] = page

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
