;;; askd-answer.el --- Buffers with answers -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; A buffer `*askd: answer ID*' holds the text of one answer and nothing else.  What it remembers is in the variables
;; `askd-answer-id', `askd-conversation' and `askd-answer-model'.  Reverting one reads its answer anew.

;;; Code:

(require 'askd-base)
(require 'askd-client)
(require 'askd-markdown)
(require 'askd-sink)

(defcustom askd-display-action
  '((display-buffer-reuse-window display-buffer-reuse-mode-window display-buffer-pop-up-window)
    (mode . askd-answer-mode)
    (inhibit-same-window . t))
  "How the buffer of an answer is shown, as `display-buffer' takes it."
  :type 'sexp
  :group 'askd)

(defvar-local askd-answer-id nil "The id of the answer that is in this buffer.")
(defvar-local askd-answer-model nil "The model whose answer is in this buffer.")
(defvar-local askd-conversation nil "The conversation of what is in this buffer.")
(defvar-local askd--running nil "The running call of this buffer.")
(put 'askd--running 'permanent-local t)
(defvar-local askd--sink nil "Where the answer of this buffer goes.")

(defvar askd-running-functions nil
  "Functions to call in a buffer where `askd-running' is another now.")

(defun askd-running (&optional buffer)
  "The running call of BUFFER, or of the current one; nil: none."
  (buffer-local-value 'askd--running (or buffer (current-buffer))))

(defun askd-set-running (buffer call)
  "Let CALL be the one under way in BUFFER; nil: none is."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (setq askd--running call)
      (dolist (fn askd-running-functions)
        (askd-protect fn))
      (force-mode-line-update))))

;;;###autoload
(defun askd-stop ()
  "End what is under way in this buffer, at the provider too."
  (interactive)
  (cond ((null askd--running) (user-error "Nothing runs in this buffer"))
        ((functionp askd--running) (funcall askd--running))
        (t (askd-call-cancel askd--running))))

;;; The mode

(defvar askd-answer-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "k") #'askd-stop)
    map)
  "Keys in the buffer of an answer.")

(define-derived-mode askd-answer-mode special-mode "Answer"
  "Major mode of buffers with an answer.
\\{askd-answer-mode-map}"
  (buffer-disable-undo)
  (visual-line-mode 1)
  (askd-markdown-setup)
  (setq-local scroll-conservatively 101
              revert-buffer-function #'askd-answer--revert
              mode-line-process '(:eval (askd-answer--mode-line)))
  (add-hook 'kill-buffer-hook #'askd-answer--leave nil t))

(put 'askd-answer-mode 'no-clone t)

(defun askd-answer--mode-line ()
  "The answer's part of the mode line."
  (concat (if askd--running ":run" "")
          (if askd-answer-model
              (format " %s" (string-replace "%" "%%" (askd-one-line askd-answer-model)))
            "")))

(defun askd-answer--leave ()
  "Put nothing more into this buffer, and leave its answer alone."
  (unless (buffer-base-buffer) ; of an indirect one, that has it still
    (when askd--sink
      (askd-sink-abandon askd--sink)
      (setq askd--sink nil))
    (when askd--running
      (when (askd-call-p askd--running)
        (askd-call-drop askd--running))
      (askd-set-running (current-buffer) nil))))

;;; Buffers

(defconst askd-answer--name "*askd: answer%s*")

(defun askd-answer-buffer ()
  "A new buffer for an answer, not shown yet."
  (let ((directory default-directory)
        (buffer (generate-new-buffer (format askd-answer--name ""))))
    (with-current-buffer buffer
      (setq default-directory directory)
      (askd-answer-mode))
    buffer))

(defun askd-answer-name (buffer id)
  "BUFFER has the answer ID: give it that name.
An older buffer of that name makes way."
  (let* ((name (format askd-answer--name (concat " " id)))
         (other (get-buffer name)))
    (unless (eq other buffer)
      (when other (kill-buffer other))
      (with-current-buffer buffer
        (rename-buffer name)
        (setq askd-answer-id id)))))

(defun askd-answer-show (buffer &optional action)
  "Show BUFFER, beside what is there; return its window.
ACTION is for `display-buffer', default `askd-display-action'."
  (display-buffer buffer (or action askd-display-action)))

(defun askd-answer--started (buffer event id)
  "The answer ID of BUFFER has begun with EVENT."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (setq askd-answer-model (askd-get event "model")
            askd-conversation (or (askd-get event "conversation") askd-conversation)))
    (askd-answer-name buffer id)))

(defun askd-answer--ended (buffer result)
  "The answer of BUFFER has ended; RESULT is nil after an error."
  (when (buffer-live-p buffer)
    (askd-set-running buffer nil)
    (with-current-buffer buffer
      (setq askd--sink nil)
      (when result
        (setq askd-conversation (askd-get result "conversation")
              askd-answer-model (askd-get result "model"))))))

(defun askd-answer-stream (buffer method params &optional on-end)
  "Ask METHOD with PARAMS, and stream the answer to the end of BUFFER.
ON-END is called with an error and a result.  Return the call."
  (let* ((sink (askd-sink-into buffer 'end
                               :on-start (apply-partially #'askd-answer--started buffer)
                               :on-end (lambda (err result)
                                         (askd-answer--ended buffer result)
                                         (when err (askd-tell-error err))
                                         (askd-protect on-end err result))))
         (call (apply #'askd-stream method params (askd-sink-handlers sink))))
    (with-current-buffer buffer
      (setq askd--sink sink))
    (askd-set-running buffer call)
    call))

(defun askd-answer-ask (params &optional action)
  "Ask `chat' with PARAMS in a new buffer that is shown at once; return it.
ACTION is for `askd-answer-show'."
  (let ((buffer (askd-answer-buffer)))
    (askd-answer-show buffer action)
    (askd-answer-stream buffer "chat" params)
    buffer))

(defun askd-answer-read (id)
  "The buffer with the answer ID.
It is filled with all of it, as far as it is, and on from there."
  (let ((buffer (or (get-buffer (format askd-answer--name (concat " " id)))
                    (askd-answer-buffer))))
    (with-current-buffer buffer
      (askd-answer--leave)
      (let ((inhibit-read-only t))
        (erase-buffer))
      (askd-answer-name buffer id)
      (askd-answer-stream buffer "answer.attach" (askd-map "answer" id)))
    buffer))

(defun askd-answer--revert (&rest _)
  "Read the answer of this buffer anew."
  (unless askd-answer-id
    (user-error "The answer has not begun"))
  (askd-answer-read askd-answer-id))

(provide 'askd-answer)
;;; askd-answer.el ends here
