;;; askd-view.el --- What a chat shows of its conversation  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; What a chat's buffer shows of its conversation (askd-chat.el opens it, askd-page.el is the text).
;;
;; All of it comes from the daemon, the same way whoever asked: conversation.watch tells that something changed,
;; conversation.get what is there now, answer.attach how an answer goes on.

;;; Code:

(require 'cl-lib)
(require 'askd-answer)
(require 'askd-branch)
(require 'askd-client)
(require 'askd-next)
(require 'askd-page)
(require 'askd-sink)

(cl-defstruct (askd-view (:copier nil) (:constructor askd-view--make))
  "A conversation in BUFFER, whose text is PAGE.
CONVERSATION is its id, nil for a new one, TREE its messages and SYSTEM its
instructions, TIP the last message that is shown.  RUNNING has answers by message,
FLOW is the one that streams in, LEFT those that the user went away from."
  buffer page conversation begun (tree (askd-tree-of nil)) system tip
  (running (make-hash-table :test #'equal)) (left (make-hash-table :test #'equal))
  flow sink watch closed
  ;; A question on its way, and what the daemon has taken of it.
  sending sent
  ;; A conversation.get on its way, and whether another has to follow.
  reading again
  ;; Messages that are to be shown next, and where the head was when it was last followed.
  wanted elsewhere head-seen
  note)

(cl-defstruct (askd-view--flow (:copier nil))
  "The ANSWER to MESSAGE, an id, that CALL has stream in."
  answer message call)

(cl-defstruct (askd-view-sent (:copier nil))
  "A question that the daemon has taken.
AT is its turn, UNSENT what else was written, MESSAGE and ANSWER are ids."
  at unsent message answer)

(defun askd-view-alive (view)
  "Whether VIEW is still shown."
  (and (not (askd-view-closed view)) (buffer-live-p (askd-view-buffer view))))

(defmacro askd-view-guard (view args &rest body)
  "A callback with ARGS: BODY in the buffer of VIEW, while that is there."
  (declare (indent 2) (debug t))
  (let ((there (make-symbol "view")))
    `(let ((,there ,view))
       (lambda ,args
         (when (askd-view-alive ,there)
           (with-current-buffer (askd-view-buffer ,there)
             ,@body))))))

;;; Which branch is shown

(defun askd-view--message (view id)
  "The message of VIEW with that ID, nil: none."
  (askd-tree-message (askd-view-tree view) id))

(defun askd-view--goes-on (view id)
  "Whether the branch to the message ID continues what VIEW has on its page."
  (or (null (askd-view-tip view))
      (cl-member (askd-view-tip view) (askd-tree-path (askd-view-tree view) id)
                 :key (lambda (m) (gethash "id" m)) :test #'equal)))

(defun askd-view--is-running (view message)
  "Whether MESSAGE of VIEW is being written."
  (and message
       (equal (gethash "state" message) "running")
       (gethash (gethash "id" message) (askd-view-running view))))

(defun askd-view--running-behind (view)
  "The newest message that is being written behind the tip of VIEW."
  (cl-loop for message in (reverse (askd-tree-messages (askd-view-tree view)))
           for id = (gethash "id" message)
           when (and (askd-view--is-running view message) (askd-view--goes-on view id)) return id))

(defun askd-view--begun-elsewhere (view id)
  "ID, of a branch that somebody has just begun elsewhere in the tree of VIEW.
It is not gone to while something is being written here."
  (let ((message (askd-view--message view id)))
    (and message
         (equal (gethash "state" message) "running")
         (not (askd-page-has-draft (askd-view-page view)))
         id)))

(defun askd-view--moved-head (view)
  "Where the head went since VIEW saw it last.
Nil where that would take away the ground under what the user writes."
  (let ((head (askd-tree-head (askd-view-tree view))))
    (when (and head
               (not (equal head (askd-view-head-seen view)))
               (not (gethash head (askd-view-left view)))
               (or (askd-view--goes-on view head) (not (askd-page-has-draft (askd-view-page view)))))
      (setf (askd-view-head-seen view) head))))

(defun askd-view--target (view)
  "The id of the message at the end of the branch that VIEW is to show."
  (let* ((tree (askd-view-tree view))
         (wanted (askd-view-wanted view))
         (elsewhere (askd-view-elsewhere view))
         (last (car (last (askd-tree-messages tree)))))
    (setf (askd-view-wanted view) nil
          (askd-view-elsewhere view) nil)
    (if (askd-view--message view wanted)
        (progn (setf (askd-view-head-seen view) (askd-tree-head tree))
               wanted)
      (or (askd-view--running-behind view)
          (askd-view--begun-elsewhere view elsewhere)
          (askd-view--moved-head view)
          (and (askd-view--message view (askd-view-tip view)) (askd-view-tip view))
          (askd-tree-head tree)
          (and last (askd-tree-tip tree (gethash "id" last)))))))

;;; What is shown

(defun askd-view-cost (usage)
  "Tokens and cost of USAGE as words; nil where nothing is known."
  (let ((tokens (and usage (gethash "output_tokens" usage)))
        (cost (and usage (gethash "cost" usage))))
    (string-join
     (delq nil (list (and tokens (format "%d tokens" (+ tokens (or (gethash "input_tokens" usage) 0))))
                     (and cost (> cost 0) (format "%s %.4f" (or (gethash "currency" usage) "") cost))))
     ", ")))

(defun askd-view--remark (view message)
  "What is told behind the heading of MESSAGE in VIEW; nil: nothing."
  (let* ((id (gethash "id" message))
         (siblings (askd-tree-siblings (askd-view-tree view) id))
         (state (gethash "state" message))
         (words (list (and (cdr siblings)
                           (format "%d/%d" (1+ (askd-tree-place (askd-view-tree view) id)) (length siblings)))
                      (and (equal (gethash "role" message) "assistant") (not (equal state "done")) state)
                      (askd-view-cost (gethash "usage" message)))))
    (setq words (cl-remove-if (lambda (word) (or (null word) (string-empty-p word))) words))
    (and words (concat " " (string-join words " · ")))))

(defun askd-view-remark (view)
  "Tell beside the text of VIEW what is to be told."
  (with-current-buffer (askd-view-buffer view)
    (askd-page-remark (askd-view-page view)
                      (mapcar (lambda (message) (askd-view--remark view message))
                              (askd-page-shown (askd-view-page view)))
                      (append (and (askd-view-note view) (list (askd-view-note view)))
                              (askd-next-labels)))))

(defvar askd-view-title-functions nil
  "Functions that are called with a view and the title of its conversation.")

(defun askd-view--set-title (view title)
  "Tell that TITLE is that of the conversation of VIEW."
  (run-hook-with-args 'askd-view-title-functions view (or title "")))

(defun askd-view-set-modified (view)
  "Have the buffer of VIEW be modified where it has what nobody else has."
  (with-current-buffer (askd-view-buffer view)
    (set-buffer-modified-p (and (askd-page-has-draft (askd-view-page view)) t))))

(defun askd-view--to-the-end (view)
  "Put point of VIEW to the end, in all windows."
  (with-current-buffer (askd-view-buffer view)
    (goto-char (point-max))
    (dolist (window (get-buffer-window-list nil nil t))
      (set-window-point window (point-max)))))

(defun askd-view--show (view &optional sent)
  "Show the branch that is due in VIEW, and have the running answer stream in.
SENT is a question that the daemon has taken.  While another answer streams in,
all is looked at anew at its end."
  (when (or sent (not (askd-view-flow view)))
    (askd-view--forget-sink view (not sent))
    (let* ((path (askd-tree-path (askd-view-tree view) (askd-view--target view)))
           (last (car (last path)))
           (first (null (askd-view-tip view))))
      (setf (askd-view-note view) nil)
      (if (not (askd-page-show (askd-view-page view) path (askd-view-system view)
                               (and sent (cons (askd-view-sent-at sent) (askd-view-sent-unsent sent)))))
          (setf (askd-view-note view)
                (substitute-command-keys
                 (concat "changed elsewhere; what is changed here stays: "
                         "\\<askd-chat-mode-map>\\[askd-chat-revert] reads it anew")))
        (setf (askd-view-tip view) (and last (gethash "id" last)))
        (askd-view-set-modified view)
        (askd-view--follow view last))
      (askd-view-remark view)
      (when (or first sent)
        (askd-view--to-the-end view)))))

(defun askd-view--follow (view message)
  "Have the answer of MESSAGE stream into VIEW, if it is being given."
  (when (askd-view--is-running view message)
    (askd-view--forget-sink view)
    (let* ((id (gethash "id" message))
           (answer (gethash id (askd-view-running view)))
           (page (askd-view-page view))
           (flow (make-askd-view--flow :answer answer :message id))
           (sink (askd-sink-into
                  (askd-view-buffer view) (askd-page-flow-place page)
                  :keep-modified t
                  :unrecorded t
                  :in-place (lambda () (askd-page-has-flow page))
                  :on-end (askd-view-guard view (err _result)
                            (when (eq (askd-view-flow view) flow)
                              (askd-view--end-flow view)
                              (remhash id (askd-view-running view))
                              (when err
                                (askd-tell-error err))
                              (askd-view-refresh view))))))
      (setf (askd-view-sink view) sink
            (askd-view--flow-call flow) (apply #'askd-stream "answer.attach" (askd-map "answer" answer)
                                               (askd-sink-handlers sink))
            (askd-view-flow view) flow)
      (askd-set-running (askd-view-buffer view) (askd-view--flow-call flow)))))

(defun askd-view--end-flow (view)
  "Nothing streams into VIEW any more."
  (setf (askd-view-flow view) nil)
  (askd-set-running (askd-view-buffer view) nil))

(defun askd-view-leave-flow (view)
  "Show no longer the answer that streams into VIEW; it is still given."
  (when-let ((flow (askd-view-flow view)))
    (puthash (askd-view--flow-message flow) t (askd-view-left view))
    (askd-call-drop (askd-view--flow-call flow))
    (askd-view--forget-sink view)
    (askd-view--end-flow view)))

(defun askd-view--forget-sink (view &optional keep-failure)
  "Drop what the last answer of VIEW showed beside its text.
With KEEP-FAILURE not why it failed."
  (let ((sink (askd-view-sink view)))
    (when (and sink (not (and keep-failure (eq (askd-sink-state sink) 'failed))))
      (askd-sink-drop sink)
      (setf (askd-view-sink view) nil))))

;;; What the daemon tells

(defun askd-view-refresh (view)
  "Read the conversation of VIEW, and show it.
One conversation.get at a time, and another where something changed meanwhile."
  (if (or (askd-view-reading view) (askd-view-sending view))
      (setf (askd-view-again view) t)
    (setf (askd-view-reading view) t)
    (askd-request
     "conversation.get" (askd-map "conversation" (askd-view-conversation view))
     (askd-view-guard view (err result)
       (setf (askd-view-reading view) nil)
       (if err
           (progn (setf (askd-view-again view) nil)
                  (askd-tell-error err))
         (askd-view--take view result)
         (when (askd-view-again view)
           (setf (askd-view-again view) nil)
           (askd-view-refresh view)))))))

(defun askd-view--take (view conversation)
  "Have VIEW show CONVERSATION, a result of conversation.get."
  (if (askd-view-sending view)
      (setf (askd-view-again view) t)
    (setf (askd-view-tree view) (askd-tree-of conversation)
          (askd-view-system view) (gethash "system" conversation))
    (askd-view--set-title view (gethash "title" conversation))
    (let* ((sent (askd-view-sent view))
           (message (and sent (askd-view-sent-message sent))))
      (if (not (and sent (askd-view--message view message)))
          (askd-view--show view)
        (setf (askd-view-sent view) nil
              (askd-view-wanted view) message)
        (askd-view--show view sent)
        (unless (askd-view-flow view)
          (askd-view--tell-failure view (askd-view-sent-answer sent)))))))

(defun askd-view--tell-failure (view answer)
  "Tell why ANSWER failed, which ended before VIEW could be attached to it."
  (askd-request "answer.get" (askd-map "answer" answer)
                       (askd-view-guard view (_err map)
                         (when (and map (gethash "error" map))
                           (askd-tell-error (gethash "error" map))))))

(defun askd-view--change (view change)
  "Take CHANGE of conversation.watch in the conversation of VIEW."
  (let ((message (gethash "message" change)))
    (pcase (gethash "type" change)
      ("answer"
       (puthash message (gethash "answer" change) (askd-view-running view))
       (setf (askd-view-elsewhere view) (and (not (askd-view-flow view)) message))
       (askd-view-refresh view))
      ("ended"
       (unless (and (askd-view-flow view)
                    (equal (askd-view--flow-answer (askd-view-flow view)) (gethash "answer" change)))
         (remhash message (askd-view-running view)))
       (askd-view-refresh view))
      ((or "message" "head" "restored") (askd-view-refresh view))
      ("title" (askd-view--set-title view (gethash "title" change)))
      ("deleted"
       (askd-tell "this conversation was deleted; askctl conv undo has it back")
       (setf (askd-view-note view) "deleted")
       (askd-view-remark view))
      ("lost" (askd-view--read-running view))
      ("failed"
       ;; That there is none is told where the conversation is read.
       (unless (equal (gethash "code" (gethash "error" change)) "not_found")
         (askd-tell-error (gethash "error" change)))))))

(defun askd-view--read-running (view)
  "Ask which answers run in the conversation of VIEW, then read all of it."
  (askd-request
   "answer.list" (askd-map "state" "running")
   (askd-view-guard view (err list)
     (if err
         (askd-tell-error err)
       (let ((left 1))
         (cl-flet ((one-less () (when (zerop (cl-decf left)) (askd-view-refresh view))))
           (cl-loop for entry across list
                    when (equal (gethash "conversation" entry) (askd-view-conversation view))
                    do
                    (cl-incf left)
                    (askd-request
                     "answer.get" (askd-map "answer" (gethash "answer" entry))
                     (askd-view-guard view (_err map)
                       (when (and map (gethash "message" map) (equal (gethash "state" map) "running"))
                         (puthash (gethash "message" map) (gethash "answer" map) (askd-view-running view)))
                       (one-less))))
           (one-less)))))))

;;; Its life

(defun askd-view-new (buffer)
  "A view in BUFFER, with an empty draft in the place of its text."
  (with-current-buffer buffer
    (let ((inhibit-read-only t))
      (erase-buffer))
    (setq buffer-undo-list nil)
    (prog1 (askd-view--make :buffer buffer :page (askd-page-new buffer))
      (set-buffer-modified-p nil))))

(defun askd-view-adopt (view id)
  "Have VIEW show the conversation ID from here on."
  (setf (askd-view-conversation view) id
        (askd-view-watch view) (askd-watch id (askd-view-guard view (change _conversation)
                                                       (askd-view--change view change))))
  (askd-view--read-running view))

(defun askd-view-close (view)
  "End VIEW; what is asked there is still answered."
  (unless (askd-view-closed view)
    (when (askd-view-watch view)
      (askd-watch-stop (askd-view-watch view)))
    (askd-view-leave-flow view)
    (setf (askd-view-closed view) t)))

(provide 'askd-view)

;;; askd-view.el ends here
