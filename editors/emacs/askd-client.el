;;; askd-client.el --- What is asked of the daemon -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; One connection for this Emacs, which the first request opens.
;;
;; Words.  A *call* is a request under way; a *stream* a call whose answers come as events.  A call is `queued' until the
;; connection stands, `sent', or `parted': the connection broke under a stream whose answers run on in the daemon, and it
;; is attached to them again, from the event behind the last one that was seen.  At last it is `over'.
;;
;; Nothing waits: what was asked is told to functions, which are called while Emacs waits for keys, and never before the
;; function that was given them returns.  Errors are maps of the protocol (`askd-get' reads them).

;;; Code:

(require 'askd-base)
(require 'askd-link)
(require 'askd-locate)
(require 'askd-msgpack)

(defconst askd-client--queue-max 256 "Calls that wait for the connection.")
(defconst askd-client--write-max (* 64 1048576) "Bytes that the daemon has not read.")
(defconst askd-client--retry 0.05 "Seconds until a lost connection is tried again.")
(defconst askd-client--retry-max 5.0 "Seconds between two attempts at most.")
(defconst askd-client--parted-max 60 "Seconds for which a stream waits for the daemon to come back.")

(cl-defstruct (askd-call (:constructor askd-call--make))
  "A request under way.
Of a stream: ORDER are the ids of its answers, the first last, ANSWERS the
number of the last event of each."
  method params done (state 'queued) id cancelled
  token on-event on-lost on-resumed order answers attached dropped parted-at
  on-reply parent)

(cl-defstruct (askd-watch (:constructor askd-watch--make))
  "A watch of changes."
  conversation fn token number)

(defvar askd-client--phase 'idle "One of `idle', `connecting', `ready' and `down'.")
(defvar askd-client--why nil "The error map of `down'.")
(defvar askd-client--server nil "What hello was answered.")
(defvar askd-client--link nil "The link while it is connecting or ready.")
(defvar askd-client--calls (make-hash-table) "Calls that were sent, by message id.")
(defvar askd-client--queue nil "Calls that wait for the connection, the last first.")
(defvar askd-client--parted nil "Streams without a connection.")
(defvar askd-client--watches (make-hash-table) "Watches by token.")
(defvar askd-client--streams (make-hash-table) "Streams by token.")
(defvar askd-client--next-id 1)
(defvar askd-client--next-token 1)
(defvar askd-client--retry-timer nil)
(defvar askd-client--retry-after askd-client--retry)
(defvar askd-client-start t "Whether a request starts a daemon where none listens.")

(defvar askd-state-functions nil
  "Functions that are called with no argument when `askd-state' has changed.")

(defun askd-state ()
  "How the connection is: a plist with :phase, :error, :server and :socket.
The phase is `idle', `connecting', `ready' or `down', the error a map, the
server what it answered to hello."
  (list :phase askd-client--phase :error askd-client--why :server askd-client--server
        :socket (car (askd-locate-socket))))

(defun askd-client--set-phase (phase &optional err)
  "Set the PHASE, and its ERR."
  (setq askd-client--phase phase
        askd-client--why err)
  (dolist (fn askd-state-functions)
    (askd-later fn)))

;;; What comes in

(defun askd-client--end (call err result)
  "End CALL with ERR or RESULT."
  (when (askd-call-token call)
    (remhash (askd-call-token call) askd-client--streams))
  (unless (eq (askd-call-state call) 'over)
    (setf (askd-call-state call) 'over)
    (askd-protect (askd-call-done call) err result)))

(defun askd-client--end-later (call code format &rest args)
  "End CALL soon with an error of CODE and FORMAT with ARGS."
  (askd-later #'askd-client--end call (apply #'askd-error-map code format args) nil))

(defun askd-client--take-event (token told)
  "TOLD, [ANSWER SEQ EVENT], belongs to the stream with TOKEN."
  (let ((call (gethash token askd-client--streams)))
    (when (and call (not (askd-call-dropped call)))
      (pcase-let ((`[,answer ,seq ,event] told))
        (unless (gethash answer (askd-call-answers call))
          (push answer (askd-call-order call)))
        (puthash answer seq (askd-call-answers call))
        (askd-protect (askd-call-on-event call) event seq answer)))))

(defun askd-client--take-change (token told)
  "TOLD, [WATCH CONVERSATION CHANGE], belongs to the watch with TOKEN."
  (let ((watch (gethash token askd-client--watches)))
    (when watch
      (askd-protect (askd-watch-fn watch) (aref told 2) (aref told 1)))))

(defun askd-client--take-reply (id err result)
  "The request with ID was answered with ERR or RESULT."
  (let ((call (gethash id askd-client--calls)))
    (remhash id askd-client--calls)
    (cond ((and call (askd-call-on-reply call)) (funcall (askd-call-on-reply call) err result))
          (call (askd-client--end call err result))
          ;; A connection that is refused is told so under an id that nobody has.
          (err (askd-tell-error err)))))

(defun askd-client--take (message)
  "Take a MESSAGE of the daemon."
  (pcase message
    (`[1 ,id ,err ,result] (askd-client--take-reply id err result))
    (`[2 "askd.event" [,token ,told]] (askd-client--take-event token told))
    (`[2 "askd.change" [,token ,told]] (askd-client--take-change token told))))

;;; What goes out

(defun askd-client--new-id ()
  "A message id that no request under way has."
  (prog1 askd-client--next-id
    (setq askd-client--next-id (1+ (% askd-client--next-id (1- askd-link--ping))))))

(defun askd-client--send (call)
  "Send CALL."
  (let* ((id (askd-client--new-id))
         (bytes (condition-case fault
                    (askd-msgpack-encode (vector 0 id (askd-call-method call) (vector (askd-call-params call))))
                  (askd-msgpack-error fault))))
    (cond
     ((consp bytes)
      (askd-client--end-later call "invalid_request" "%s" (error-message-string bytes)))
     ((> (+ (askd-link-waiting askd-client--link) (length bytes)) askd-client--write-max)
      (askd-client--end-later call "overloaded" "the daemon does not read what it is asked"))
     (t
      (setf (askd-call-state call) 'sent
            (askd-call-id call) id)
      (puthash id call askd-client--calls)
      (askd-link-write askd-client--link bytes)))))

(defun askd-client--tell (method &rest fields)
  "Send a notification METHOD whose map has FIELDS, where there is a connection."
  (when (eq askd-client--phase 'ready)
    (askd-link-write askd-client--link
                     (askd-msgpack-encode (vector 2 method (vector (apply #'askd-map fields)))))))

(defun askd-client--send-own (method params on-reply)
  "Send a request METHOD with PARAMS that belongs to the connection.
ON-REPLY is told its end."
  (askd-client--send (askd-call--make :method method :params params :on-reply on-reply)))

(defun askd-client--notify (method token)
  "The field `notify' that has METHOD called with TOKEN."
  (askd-map "method" method "args" (vector token)))

(defun askd-client--start-watch (watch)
  "Have the daemon tell of WATCH."
  (askd-client--send-own
   "conversation.watch"
   (askd-map "conversation" (askd-watch-conversation watch)
             "notify" (askd-client--notify "askd.change" (askd-watch-token watch)))
   (lambda (err result)
     (let ((before (askd-watch-number watch))
           (conversation (askd-watch-conversation watch)))
       (setf (askd-watch-number watch) (askd-get result "watch"))
       (cond
        (err (askd-protect (askd-watch-fn watch) (askd-map "type" "failed" "error" err) conversation))
        ((not (eq (gethash (askd-watch-token watch) askd-client--watches) watch))
         (askd-client--tell "conversation.unwatch" "watch" (askd-watch-number watch)))
        (before (askd-protect (askd-watch-fn watch) (askd-map "type" "lost") conversation)))))))

(defun askd-client--greet ()
  "Say who we are."
  (askd-client--send-own
   "hello"
   (askd-map "client" "emacs" "version" emacs-version "protocol" 1 "context" (askd-context))
   (lambda (err result)
     (setq askd-client--server result)
     (when err (askd-tell-error err)))))

;;; A stream whose connection was lost

(defconst askd-client--ended
  '(("cancelled" . "the connection to the daemon was lost, and the answer ended with it")
    ("not_found" . "the daemon ended, and had not stored this answer yet"))
  "What errors of a stream that is attached again mean.
An answer without a conversation ends with its connection; the last second of
any is not stored yet.")

(defun askd-client--plain (call err)
  "ERR of CALL, which was attached again, as it is told to the user."
  (let ((message (and (not (askd-call-cancelled call))
                      (cdr (assoc (askd-get err "code") askd-client--ended)))))
    (if message (askd-error-map "interrupted" "%s" message) err)))

(defun askd-client--end-attached (call results failure)
  "End CALL as it would have been answered.
RESULTS are those of its answers; where one of several failed, it is a map, as
compare shows it.  FAILURE is the error of one."
  (let ((answers (reverse (askd-call-order call))))
    (if (equal (askd-call-method call) "compare")
        (askd-client--end call nil (askd-map "answers" (vconcat (mapcar (lambda (id) (gethash id results)) answers))))
      (askd-client--end call failure (and (not failure) (gethash (car answers) results))))))

(defun askd-client--attach-again (call)
  "Attach CALL to its answers."
  (let ((results (make-hash-table :test #'equal))
        (left (length (askd-call-order call)))
        failure)
    (setf (askd-call-state call) 'sent
          (askd-call-attached call) t)
    (dolist (id (reverse (askd-call-order call)))
      (askd-client--send
       (askd-call--make
        :method "answer.attach" :parent call
        :params (askd-map "answer" id "from" (1+ (gethash id (askd-call-answers call)))
                          "notify" (askd-get (askd-call-params call) "notify"))
        :on-reply (lambda (err result)
                    (let ((err (and err (askd-client--plain call err))))
                      (setq failure (or failure err))
                      (puthash id (or result (askd-map "answer" id "state" "failed" "error" err)) results)
                      (when (= 0 (cl-decf left))
                        (askd-client--end-attached call results failure))))))
      (when (askd-call-cancelled call)
        (askd-client--tell "answer.cancel" "answer" id)))
    (askd-protect (askd-call-on-resumed call))))

(defun askd-client--part (call)
  "The connection of CALL is lost.
What became of a call, or of a stream of which no event has come, nobody can
tell: it is not asked once more."
  (cond
   ((or (null (askd-call-order call)) (equal (askd-call-method call) "complete"))
    (askd-client--end call (askd-error-map "unavailable"
                                           "the connection to the daemon was lost before it had answered")
                      nil))
   (t
    (setf (askd-call-state call) 'parted
          (askd-call-parted-at call) (float-time))
    (push call askd-client--parted)
    (askd-protect (askd-call-on-lost call)))))

(defun askd-client--part-all (open)
  "Part or end all that are OPEN."
  (dolist (each open)
    (let ((call (or (askd-call-parent each) each)))
      ;; Those of the connection itself, hello and watches, the next one has anew.
      (when (and (eq (askd-call-state call) 'sent)
                 (or (askd-call-parent each) (not (askd-call-on-reply each))))
        (askd-client--part call)))))

(defun askd-client--expire-parted ()
  "End the streams that have waited for too long."
  (let ((now (float-time)))
    (setq askd-client--parted
          (cl-remove-if (lambda (call)
                          (when (> (- now (askd-call-parted-at call)) askd-client--parted-max)
                            (askd-client--end-later
                             call "unavailable" "the connection to the daemon was lost, and none listens since")
                            t))
                        askd-client--parted))))

;;; The connection

(defun askd-client--has-work-p ()
  "Whether somebody waits for a connection."
  (or askd-client--parted (> (hash-table-count askd-client--watches) 0)))

(defun askd-client--retry-later ()
  "Connect again after a while, if somebody waits for it."
  (askd-client--expire-parted)
  (when (and (askd-client--has-work-p) (not askd-client--retry-timer))
    (setq askd-client--retry-timer
          (run-at-time askd-client--retry-after nil
                       (lambda ()
                         (setq askd-client--retry-timer nil)
                         (when (and (not askd-client--link) (askd-client--has-work-p))
                           (askd-client--connect nil))))
          askd-client--retry-after (min (* 2 askd-client--retry-after) askd-client--retry-max))))

(defun askd-client--up ()
  "There is a connection."
  (setq askd-client--retry-after askd-client--retry)
  (askd-client--set-phase 'ready)
  (askd-client--greet)
  (maphash (lambda (_ watch) (askd-client--start-watch watch)) askd-client--watches)
  (let ((again (nreverse askd-client--parted))
        (waiting (nreverse askd-client--queue)))
    (setq askd-client--parted nil
          askd-client--queue nil)
    (mapc #'askd-client--attach-again again)
    (mapc #'askd-client--send waiting)))

(defun askd-client--down (err)
  "There is no connection any more, because of ERR."
  (let ((open (hash-table-values askd-client--calls))
        (waiting (nreverse askd-client--queue)))
    (setq askd-client--link nil
          askd-client--server nil
          askd-client--queue nil)
    (clrhash askd-client--calls)
    (askd-client--set-phase 'down err)
    (askd-client--part-all open)
    (dolist (call waiting)
      (askd-client--end call err nil))
    (askd-client--retry-later)))

(defun askd-client--connect (start)
  "Connect to the daemon; START is whether one is started where none listens."
  (askd-client--set-phase 'connecting)
  (setq askd-client--link (askd-link-open :on-up #'askd-client--up :on-down #'askd-client--down
                                          :on-message #'askd-client--take :start start)))

(defun askd-client--submit (call)
  "Send CALL, now or once there is a connection."
  (cond ((eq askd-client--phase 'ready) (askd-client--send call))
        ((>= (length askd-client--queue) askd-client--queue-max)
         (askd-client--end-later call "overloaded" "too many requests wait for the daemon"))
        (t (push call askd-client--queue)
           (unless askd-client--link
             (askd-client--connect askd-client-start))))
  call)

(defun askd-client--new-token ()
  "A number for what the daemon is to notify us of."
  (cl-incf askd-client--next-token))

;;; What others call

(defun askd-request (method params done)
  "Ask METHOD with PARAMS, a map; return the call.
DONE is called with an error map and nil, or with nil and the result."
  (askd-client--submit (askd-call--make :method method :params params :done done)))

(cl-defun askd-stream (method params &key on-event done on-lost on-resumed)
  "Ask METHOD with PARAMS, a map, for events too; return the call.
ON-EVENT is called with each event, its number and its answer's id, DONE as in
`askd-request'.  ON-LOST is called when the connection breaks, ON-RESUMED when
the stream was taken up over a new one."
  (let* ((token (askd-client--new-token))
         (params (copy-hash-table params))
         (call (askd-call--make :method method :params params :done done :token token :on-event on-event
                                :on-lost on-lost :on-resumed on-resumed
                                :answers (make-hash-table :test #'equal))))
    (puthash "stream" t params)
    (puthash "notify" (askd-client--notify "askd.event" token) params)
    (when (equal method "answer.attach")
      (push (askd-get params "answer") (askd-call-order call))
      (puthash (askd-get params "answer") (1- (or (askd-get params "from") 0)) (askd-call-answers call))
      (setf (askd-call-attached call) t))
    (puthash token call askd-client--streams)
    (askd-client--submit call)))

(defun askd-call-cancel (call)
  "End what CALL began, at the provider too.
It is told `cancelled' unless it was told something before."
  (unless (or (eq (askd-call-state call) 'over) (askd-call-cancelled call))
    (setf (askd-call-cancelled call) t)
    (pcase (askd-call-state call)
      ('sent
       (if (askd-call-attached call)
           (dolist (id (askd-call-order call))
             (askd-client--tell "answer.cancel" "answer" id))
         (askd-client--tell "answer.cancel" "request" (askd-call-id call))))
      ('queued
       (setq askd-client--queue (delq call askd-client--queue))
       (askd-client--end-later call "cancelled" "it was not asked yet")))))

(defun askd-call-drop (call)
  "Tell nothing more of CALL, without an end to what it began."
  (setf (askd-call-dropped call) t
        (askd-call-done call) nil))

(defun askd-watch (conversation fn)
  "Call FN with each change and its conversation; return the watch.
Changes of CONVERSATION, or of all where it is nil, are maps as the protocol
has them; also {type: \"failed\", error} where it cannot be watched, and
{type: \"lost\"} where changes may have been missed."
  (let ((watch (askd-watch--make :conversation conversation :fn fn :token (askd-client--new-token))))
    (puthash (askd-watch-token watch) watch askd-client--watches)
    (cond ((eq askd-client--phase 'ready) (askd-client--start-watch watch))
          ((not askd-client--link) (askd-client--connect t)))
    watch))

(defun askd-watch-stop (watch)
  "Tell nothing more of WATCH."
  (remhash (askd-watch-token watch) askd-client--watches)
  (when (askd-watch-number watch)
    (askd-client--tell "conversation.unwatch" "watch" (askd-watch-number watch))))

(defun askd-congested-p ()
  "Whether the daemon has not read what it was sent before."
  (and askd-client--link (> (askd-link-waiting askd-client--link) 0)))

(defun askd-held ()
  "How much is held, in a plist."
  (list :calls (hash-table-count askd-client--calls)
        :queue (length askd-client--queue)
        :streams (hash-table-count askd-client--streams)))

(provide 'askd-client)
;;; askd-client.el ends here
