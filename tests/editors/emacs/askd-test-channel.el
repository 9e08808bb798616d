;;; askd-test-channel.el --- What a test drives an Emacs by -*- lexical-binding: t; -*-

;; A socket that takes forms, each a line with a string of JSON, and answers each with a line: {"value": …} or {"error":
;; …}.  A form is evaluated while Emacs waits for keys, in the buffer of the selected window.

;;; Code:

(require 'json)

(defun askd-test-evaluate (line)
  "The answer to LINE."
  (condition-case fault
      (let ((form (car (read-from-string (json-read-from-string line)))))
        (with-current-buffer (window-buffer)
          (list (cons 'value (eval form t)))))
    (error (list (cons 'error (error-message-string fault))))))

(defun askd-test-filter (process text)
  "Take TEXT that came over PROCESS."
  (let ((lines (split-string (concat (process-get process 'rest) text) "\n")))
    (process-put process 'rest (car (last lines)))
    (dolist (line (butlast lines))
      (let* ((answer (askd-test-evaluate line))
             (json-false :false)
             (text (condition-case nil
                       (json-encode answer)
                     (error (json-encode (list (cons 'value (format "%S" answer))))))))
        (process-send-string process (concat text "\n"))))))

(defun askd-test-listen (path)
  "Listen on PATH."
  (make-network-process :name "askd-test" :server t :family 'local :service path :coding 'utf-8-unix
                        :noquery t :filter #'askd-test-filter))

(defun askd-test-keys (keys)
  "Have KEYS, as `kbd' takes them, typed."
  (setq unread-command-events (append unread-command-events (listify-key-sequence (kbd keys)))))

(defun askd-test-overlays (property)
  "The overlays of this buffer with PROPERTY: lists of start, end and value."
  (sort (delq nil (mapcar (lambda (overlay)
                            (let ((value (overlay-get overlay property)))
                              (and value (list (overlay-start overlay) (overlay-end overlay)
                                               (if (stringp value) (substring-no-properties value)
                                                 (format "%S" value))))))
                          (save-restriction (widen) (overlays-in (point-min) (1+ (point-max))))))
        (lambda (a b) (< (car a) (car b)))))

(provide 'askd-test-channel)
;;; askd-test-channel.el ends here
