;;; askd-link.el --- A connection to the daemon -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; From where the daemon's socket is to the end of the connection.  It knows messages, and not what they mean.
;;
;; A link is `opening', `open' or `closed', and tells of each change once: ON-UP, ON-MESSAGE with each message, a vector,
;; and ON-DOWN with an error map.  None of these is called before `askd-link-open' returns.
;;
;; Nothing here waits:
;;
;; - What has come is handed on for at most `askd-link--slice' seconds at a time, so that keys are never kept waiting.
;;   Until all of it was, nothing more is read, and askd waits for us as for any slow reader.
;; - Emacs waits within `process-send-string' where a socket has no room, and cannot tell how much there is.  So no more
;;   than `askd-link--room' is sent that is not known to be read, which the socket has room for.  To know, we *ping*: what
;;   was sent before a request that is answered was read.  Of a message that is larger, a piece is sent at a time, and
;;   only to a daemon that has just answered.

;;; Code:

(require 'askd-base)
(require 'askd-locate)
(require 'askd-msgpack)

(defconst askd-link--slice 0.002 "Seconds in which messages are handed on before keys are looked at.")
(defconst askd-link--room (* 96 1024)
  "Bytes that are sent and not known to be read.
Linux keeps as much as 1.8 times that, and has room for 208 KiB.")
(defconst askd-link--overhead 1024 "Bytes that the kernel keeps for each write, more or less.")
(defconst askd-link--piece (* 64 1024) "Bytes of a large message that are sent at a time.")
(defconst askd-link--piece-pause 0.004 "Seconds between two pieces.")
(defconst askd-link--path-max 107 "Bytes that a socket's address has room for.")
(defconst askd-link--start-pause 10 "Seconds between two attempts to start a daemon.")
(defconst askd-link--ping #xffffffff "The message id of a ping, which no request has.")

(defvar askd-link--started nil "When a daemon was started last.")

(cl-defstruct (askd-link (:constructor askd-link--make (path kind on-up on-message on-down)))
  "A connection; see the commentary.
OUTBOX and LAST are the first and the last cons of what waits to be sent,
WAITING its bytes.  FLYING is what was sent and is not known to be read;
PINGED what of it was sent behind the ping, where one is on its way."
  path kind on-up on-message on-down
  (state 'opening) process ending
  (decoder (askd-msgpack-decoder)) timer
  outbox last (waiting 0) (flying 0) pinged sender)

;;; The end

(defun askd-link--discard (link)
  "End the process of LINK, of which nothing is told any more."
  (let ((process (askd-link-process link)))
    (when process
      (set-process-sentinel process #'ignore)
      (set-process-filter process #'ignore)
      (delete-process process)
      (setf (askd-link-process link) nil))))

(defun askd-link-close (link)
  "Close LINK; nothing is told of it any more."
  (setf (askd-link-state link) 'closed)
  (dolist (timer (list (askd-link-timer link) (askd-link-sender link)))
    (when timer (cancel-timer timer)))
  (askd-link--discard link))

(defun askd-link--down (link code format &rest args)
  "End LINK with an error of CODE and FORMAT with ARGS."
  (unless (eq (askd-link-state link) 'closed)
    (askd-link-close link)
    (askd-protect (askd-link-on-down link) (apply #'askd-error-map code format args))))

(defun askd-link--broken (link message)
  "End LINK, for the reason MESSAGE, once all that has come was handed on."
  (setf (askd-link-ending link) message)
  (unless (askd-link-timer link)
    (setf (askd-link-timer link) (run-at-time 0 nil #'askd-link--drain link))))

;;; What goes out

(defun askd-link--cost (bytes)
  "What the kernel needs to keep BYTES, a string."
  (+ (length bytes) askd-link--overhead))

(defun askd-link--send (link bytes)
  "Send BYTES over LINK, for which the socket has room."
  (let ((cost (askd-link--cost bytes)))
    (cl-incf (askd-link-flying link) cost)
    (when (askd-link-pinged link)
      (cl-incf (askd-link-pinged link) cost)))
  (condition-case fault
      (process-send-string (askd-link-process link) bytes)
    (error (askd-link--broken link (format "the connection to the daemon broke: %s" (error-message-string fault))))))

(defun askd-link--ping (link)
  "Ask over LINK for a sign of life, unless it was asked for already."
  (unless (askd-link-pinged link)
    (askd-link--send link (askd-msgpack-encode (vector 0 askd-link--ping "models.aliases" [])))
    (setf (askd-link-pinged link) 0)))

(defun askd-link--pop (link)
  "Take the first of what waits in LINK."
  (let ((bytes (pop (askd-link-outbox link))))
    (cl-decf (askd-link-waiting link) (length bytes))
    bytes))

(defun askd-link--send-large (link bytes at)
  "Send the BYTES from AT on over LINK, a piece now and the rest later."
  (setf (askd-link-sender link) nil)
  (when (eq (askd-link-state link) 'open)
    (let ((end (min (length bytes) (+ at askd-link--piece))))
      (askd-link--send link (substring bytes at end))
      (if (= end (length bytes))
          (askd-link--pump link)
        (setf (askd-link-sender link)
              (run-at-time askd-link--piece-pause nil #'askd-link--send-large link bytes end))))))

(defun askd-link--pump (link)
  "Send what waits in LINK as far as there is room."
  (let (full)
    (while (and (askd-link-outbox link) (not full) (not (askd-link-sender link)))
      (cond ((<= (+ (askd-link-flying link) (askd-link--cost (car (askd-link-outbox link)))) askd-link--room)
             (askd-link--send link (askd-link--pop link)))
            ((= 0 (askd-link-flying link))
             (askd-link--send-large link (askd-link--pop link) 0))
            (t (askd-link--ping link)
               (setq full t))))))

(defun askd-link--pong (link)
  "All that was sent over LINK before the ping was read."
  (setf (askd-link-flying link) (or (askd-link-pinged link) 0)
        (askd-link-pinged link) nil)
  (askd-link--pump link))

(defun askd-link-write (link message)
  "Send MESSAGE, the bytes of a whole one, over LINK."
  (when (eq (askd-link-state link) 'open)
    (let ((cell (list message)))
      (if (askd-link-outbox link)
          (setcdr (askd-link-last link) cell)
        (setf (askd-link-outbox link) cell))
      (setf (askd-link-last link) cell))
    (cl-incf (askd-link-waiting link) (length message))
    (askd-link--pump link)))

;;; What comes in

(defun askd-link--take (link message)
  "Hand on MESSAGE, which has come over LINK."
  (cond ((not (and (vectorp message) (>= (length message) 3)))
         (signal 'askd-msgpack-error '("no message")))
        ((and (eql 1 (aref message 0)) (eql askd-link--ping (aref message 1)))
         (askd-link--pong link))
        (t (askd-protect (askd-link-on-message link) message))))

(defun askd-link--hand-on (link)
  "Hand on what has come over LINK for a while; whether that was all."
  (let ((stop (+ (float-time) askd-link--slice))
        item)
    (while (and (eq (askd-link-state link) 'open)
                (< (float-time) stop)
                (setq item (askd-msgpack-next (askd-link-decoder link) stop)))
      (askd-link--take link (car item)))
    (not (askd-msgpack-pending-p (askd-link-decoder link)))))

(defun askd-link--drain (link)
  "Hand on what has come over LINK, and read more once that is done."
  (setf (askd-link-timer link) nil)
  (condition-case nil
      (cond ((eq (askd-link-state link) 'closed))
            ((not (askd-link--hand-on link))
             (set-process-filter (askd-link-process link) t)
             ;; A timer that is due at once would go before the next key.
             (setf (askd-link-timer link) (run-at-time 0.001 nil #'askd-link--drain link)))
            ((askd-link-ending link)
             (askd-link--down link "unavailable" "%s" (askd-link-ending link)))
            ((eq (process-filter (askd-link-process link)) t)
             (set-process-filter (askd-link-process link) (askd-link--filter link))))
    (askd-msgpack-error
     (askd-link--down link "unavailable" "what the daemon sent is no message"))))

(defun askd-link--filter (link)
  "The process filter of LINK."
  (lambda (_ bytes)
    (askd-msgpack-feed (askd-link-decoder link) bytes)
    (unless (askd-link-timer link)
      (askd-link--drain link))))

;;; The beginning

(defun askd-link--may-start-p (link)
  "Whether a daemon may be started for LINK."
  (and (not (eq (askd-link-kind link) 'system))
       askd-askctl
       (not (equal (getenv "ASKD_AUTOSTART") "0"))
       (not (and askd-link--started
                 (< (- (float-time) askd-link--started) askd-link--start-pause)))))

(defun askd-link--start-daemon (link)
  "Start the daemon of LINK and connect to it.
It is done as `ask' would: askctl knows which, and waits until it listens."
  (let ((default-directory "/")
        (program (executable-find askd-askctl)))
    (if (not program)
        (askd-link--down link "unavailable" "no daemon listens on %s, and there is no %s to start one"
                         (askd-link-path link) askd-askctl)
      (setq askd-link--started (float-time))
      (make-process :name "askd-start"
                    :command `(,program ,@(and askd-socket (list "--socket" (askd-link-path link))) "status")
                    :connection-type 'pipe
                    :noquery t
                    :sentinel (lambda (process _)
                                (unless (process-live-p process)
                                  (askd-link--connect link nil)))))))

(defun askd-link--refused (link status start)
  "LINK could not be opened; its process has STATUS.
START is whether a daemon may be started."
  (let ((nobody (not (eq status 'permission-denied))))
    (askd-link--discard link)
    (cond ((and nobody start (askd-link--may-start-p link)) (askd-link--start-daemon link))
          (nobody (askd-link--down link "unavailable" "no daemon listens on %s: start askd" (askd-link-path link)))
          (t (askd-link--down link "permission_denied" "%s is not open to this user" (askd-link-path link))))))

(defun askd-link--sentinel (link start)
  "The process sentinel of LINK; START is whether a daemon may be started."
  (lambda (process event)
    (pcase (cons (askd-link-state link) (process-status process))
      (`(opening . open)
       (setf (askd-link-state link) 'open)
       (askd-protect (askd-link-on-up link)))
      (`(opening . ,status)
       (unless (eq status 'connect)
         (askd-link--refused link status start)))
      (`(open . ,status)
       (unless (eq status 'open)
         (askd-link--broken link (if (string-match-p "remote peer" event)
                                     "the daemon closed the connection"
                                   (format "the connection to the daemon broke: %s" (string-trim event)))))))))

(defun askd-link--connect (link start)
  "Connect LINK; START is whether a daemon is started where none listens."
  (when (eq (askd-link-state link) 'opening)
    (let* ((sentinel (askd-link--sentinel link start))
           (process (make-network-process :name "askd" :family 'local :service (askd-link-path link)
                                          :nowait t :coding 'binary :noquery t
                                          :filter (askd-link--filter link) :sentinel sentinel)))
      (setf (askd-link-process link) process)
      (unless (eq (process-status process) 'connect)
        (funcall sentinel process "")))))

(defun askd-link--begin (link start)
  "Open LINK, if its path is good; START is whether a daemon is started."
  (let* ((path (askd-link-path link))
         (unsafe (askd-locate-fault path (askd-link-kind link))))
    (cond (unsafe (askd-link--down link "permission_denied" "%s" unsafe))
          ((> (string-bytes path) askd-link--path-max)
           (askd-link--down link "unavailable" "the path of the socket, %s, is too long: choose a shorter one" path))
          (t (askd-link--connect link start)))))

(cl-defun askd-link-open (&key on-up on-message on-down start)
  "A link that is opening.
ON-UP, ON-MESSAGE and ON-DOWN are told how it fares.  START: where no daemon
listens, one is started."
  (pcase-let* ((`(,path . ,kind) (askd-locate-socket))
               (link (askd-link--make path kind on-up on-message on-down)))
    (askd-later #'askd-link--begin link start)
    link))

(provide 'askd-link)
;;; askd-link.el ends here
