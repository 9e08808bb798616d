;;; askd-chat.el --- Conversations as buffers  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Chats: conversations as buffers, opened and closed here.  askd-view.el has what they show, askd-send.el how a question
;; is asked.

;;; Code:

(require 'cl-lib)
(require 'askd-answer)
(require 'askd-attach)
(require 'askd-client)
(require 'askd-markdown)
(require 'askd-next)
(require 'askd-send)
(require 'askd-view)

(defconst askd-chat--leave-seconds 2
  "How long leaving Emacs waits for the daemon to take a question.")

(defconst askd-chat--question-width 60
  "How wide a question is shown in a list of branches.")

(defun askd-chat-view ()
  "The view of this chat; an error where this buffer is none."
  (or askd-chat--view
      (askd-refuse "%s" (substitute-command-keys "this is no chat: \\[askd-chat] opens one"))))

;;; The mode

(autoload 'askd-apply "askd-apply" nil t)
(autoload 'askd-branch "askd-pick" nil t)

(defvar askd-chat-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'askd-send)
    (define-key map [remap save-buffer] #'askd-send)
    (define-key map (kbd "C-c C-k") #'askd-stop)
    (define-key map (kbd "C-c C-n") #'askd-branch-next)
    (define-key map (kbd "C-c C-p") #'askd-branch-previous)
    (define-key map (kbd "C-c C-b") #'askd-branch)
    (define-key map (kbd "C-c C-a") #'askd-apply)
    (define-key map (kbd "C-c C-r") #'askd-chat-revert)
    map)
  "Keys of chats.")

;;;###autoload
(define-derived-mode askd-chat-mode text-mode "Chat"
  "A conversation with a model.
Write a question at the end, and \\[askd-send] asks it.  An earlier question
that was changed becomes a branch when it is sent.

\\{askd-chat-mode-map}"
  :group 'askd
  (askd-markdown-setup)
  (visual-line-mode 1)
  ;; What stands here is a model's: no variables of a file, no code.
  (setq-local enable-local-variables nil
              enable-local-eval nil
              revert-buffer-function #'askd-chat--revert
              mode-line-process '(:eval (if (askd-running) ":run" ""))
              mode-line-buffer-identification '(:eval (askd-chat--identification)))
  (add-hook 'kill-buffer-query-functions #'askd-chat--may-be-killed nil t)
  (add-hook 'kill-buffer-hook #'askd-chat--close nil t)
  (add-hook 'change-major-mode-hook #'askd-chat--close nil t))

(put 'askd-chat-mode 'no-clone t)

(defun askd-chat--identification ()
  "The name of this chat for the mode line, where it means nothing."
  (list (propertize (string-replace "%" "%%" (buffer-name)) 'face 'mode-line-buffer-id)))

(defun askd-chat--has-draft ()
  "Whether this chat has something that nobody else has."
  (and askd-chat--view (not (buffer-base-buffer)) (buffer-modified-p)))

(defun askd-chat--may-be-killed ()
  "Ask, where something in this chat was not sent, whether it is to be killed."
  (or (not (askd-chat--has-draft))
      (yes-or-no-p "What is written in this chat was not sent; kill it anyway? ")))

(defun askd-chat--may-leave ()
  "Ask, where something in a chat was not sent, whether Emacs is to be left."
  (or (not (cl-some (lambda (buffer) (with-current-buffer buffer (askd-chat--has-draft))) (askd-chat--buffers)))
      (yes-or-no-p "What is written in a chat was not sent; leave Emacs anyway? ")))

(defun askd-chat--leave ()
  "See that questions which are on their way reach the daemon before Emacs ends."
  (let ((end (+ (float-time) askd-chat--leave-seconds)))
    (while (and (< (float-time) end)
                (cl-some (lambda (buffer) (askd-view-sending (buffer-local-value 'askd-chat--view buffer)))
                         (askd-chat--buffers)))
      (accept-process-output nil 0.02))))

(add-hook 'kill-emacs-query-functions #'askd-chat--may-leave)
(add-hook 'kill-emacs-hook #'askd-chat--leave)

(defun askd-chat--close ()
  "This buffer is gone, or is a chat no longer."
  (when (and askd-chat--view (not (buffer-base-buffer)))
    (askd-view-close askd-chat--view)
    (setq askd-chat--view nil)))

;;; Opening

(defun askd-chat--buffers ()
  "All chats, without indirect buffers of them."
  (cl-remove-if-not (lambda (buffer)
                      (and (buffer-local-value 'askd-chat--view buffer) (not (buffer-base-buffer buffer))))
                    (buffer-list)))

(defun askd-chat--of (id)
  "The chat of the conversation ID; nil: none."
  (cl-find id (askd-chat--buffers) :test #'equal
           :key (lambda (buffer) (askd-view-conversation (buffer-local-value 'askd-chat--view buffer)))))

(defun askd-chat--untouched ()
  "A new chat into which nothing was written yet, so that they do not pile up."
  (cl-find-if (lambda (buffer)
                (let ((view (buffer-local-value 'askd-chat--view buffer)))
                  (not (or (askd-view-conversation view) (askd-view-sending view) (buffer-modified-p buffer)))))
              (askd-chat--buffers)))

(defun askd-chat--name (title)
  "What a chat whose conversation has TITLE is called."
  (format "*askd: %s*"
          (truncate-string-to-width (replace-regexp-in-string "[[:cntrl:]]+" " " title) 60 nil nil t)))

(defun askd-chat--set-title (view title)
  "Call the chat of VIEW by TITLE, or by its id as long as there is none."
  (with-current-buffer (askd-view-buffer view)
    (let ((name (askd-chat--name (if (string-empty-p title) (or (askd-view-conversation view) "new") title))))
      (unless (string-prefix-p name (buffer-name))
        (rename-buffer name t)))))

(add-hook 'askd-view-title-functions #'askd-chat--set-title)

(defun askd-chat--remark (buffer)
  "Tell in BUFFER, if it is a chat, what is attached to its next question."
  (let ((view (buffer-local-value 'askd-chat--view buffer)))
    (when view
      (askd-view-remark view))))

(add-hook 'askd-next-change-functions #'askd-chat--remark)

(defun askd-chat--make (directory &optional id)
  "A buffer of DIRECTORY for a new chat, or that of the conversation ID."
  (let ((buffer (generate-new-buffer (askd-chat--name (or id "new")))))
    (with-current-buffer buffer
      (setq default-directory directory)
      (askd-chat-mode)
      (setq askd-chat--view (askd-view-new buffer))
      (goto-char (point-max))
      (when id
        (askd-chat--adopt askd-chat--view id)))
    buffer))

(defun askd-chat-buffer (&optional id)
  "The chat of the conversation ID, without one a new one."
  (or (if id (askd-chat--of id) (askd-chat--untouched))
      (askd-chat--make default-directory id)))

(defun askd-chat--adopt (view id)
  "Have VIEW, of a new chat, show the conversation ID from here on."
  (setq askd-conversation id)
  (askd-view-adopt view id))

(setq askd-send-adopt-function #'askd-chat--adopt)

(defun askd-chat-open (id)
  "Go to the chat of the conversation ID; nil: to a new one."
  (pop-to-buffer (askd-chat-buffer id)))

(defun askd-chat--last (then)
  "Call THEN with the id of the newest conversation of this folder and terminal."
  (askd-request "answer.estimate"
                       (askd-map "conversation" "last" "prompt" "?" "context" (askd-context))
                       (lambda (err result)
                         (if err
                             (askd-tell-error err)
                           (funcall then (gethash "conversation" result))))))

;;;###autoload
(defun askd-chat (&optional last)
  "Open a new chat with a model, with the region, if it is active, attached.
With a prefix argument LAST, go on with the newest conversation of this folder."
  (interactive "P")
  (if last
      (askd-chat--last #'askd-chat-open)
    (let ((buffer (current-buffer)) (region (and (use-region-p) (car (region-bounds)))))
      (askd-chat-open nil)
      (when region
        (askd-attach-range buffer (car region) (cdr region))))))

(defun askd-chat--revert (_ignore-auto noconfirm)
  "Read this chat anew; with NOCONFIRM without asking."
  (let ((id (askd-view-conversation (askd-chat-view))))
    (when (or noconfirm
              (not (askd-chat--has-draft))
              (yes-or-no-p "What is written in this chat was not sent; read it anew anyway? "))
      (askd-view-close askd-chat--view)
      (setq askd-chat--view (askd-view-new (current-buffer)))
      (goto-char (point-max))
      (if id
          (askd-view-adopt askd-chat--view id)
        (askd-view-remark askd-chat--view)))))

(defun askd-chat-revert ()
  "Read this chat anew from the daemon."
  (interactive)
  (askd-chat-view)
  (revert-buffer))

;;;###autoload
(defun askd-send (&optional again model prompt)
  "Send what is written in this chat.
With a prefix argument AGAIN, where nothing is to be sent, ask the last question
once more; its answers stand side by side as branches.  Lisp can name a MODEL
and a PROMPT of the library for this question alone."
  (interactive "P")
  (askd-send-run (askd-chat-view) again model prompt))

;;; Branches

(defun askd-chat--go-to (view message)
  "Show the branch of VIEW that ends with MESSAGE, an id.
All that look at the conversation go there."
  (askd-view-leave-flow view)
  (setf (askd-view-wanted view) message)
  (askd-request "conversation.head"
                       (askd-map "conversation" (askd-view-conversation view) "message" message)
                       (askd-view-guard view (err _result)
                         (when err
                           (askd-tell-error err))
                         (askd-view-refresh view))))

(defun askd-chat--fork (view)
  "The siblings at point of VIEW, or nearest before it, as (PLACE . MESSAGES)."
  (let* ((tree (askd-view-tree view))
         (shown (askd-page-shown (askd-view-page view)))
         (at (or (askd-page-place-at (askd-view-page view) (point)) (1- (length shown)))))
    (cl-loop for message in (nthcdr (- (length shown) at 1) (reverse shown))
             for id = (gethash "id" message)
             for siblings = (askd-tree-siblings tree id)
             when (cdr siblings) return (cons (askd-tree-place tree id) siblings))))

(defun askd-branch-next (&optional step)
  "Show the branch STEP behind the one at this turn, or the nearest above with any."
  (interactive "p")
  (let* ((view (askd-chat-view)) (fork (askd-chat--fork view)))
    (unless fork
      (askd-refuse "there is no other branch at this turn"))
    (pcase-let ((`(,place . ,siblings) fork))
      (askd-chat--go-to view (askd-tree-tip
                              (askd-view-tree view)
                              (gethash "id" (nth (mod (+ place (or step 1)) (length siblings)) siblings)))))))

(defun askd-branch-previous (&optional step)
  "Show the branch STEP before the one at this turn."
  (interactive "p")
  (askd-branch-next (- (or step 1))))

(defun askd-chat--question-of (path)
  "The last question of PATH in a line."
  (let* ((question (or (cl-find "user" (reverse path) :key (lambda (m) (gethash "role" m)) :test #'equal)
                       (car (last path))))
         (text (cdr (askd-turns-split-parts question))))
    (truncate-string-to-width (replace-regexp-in-string "[[:cntrl:]]+" " " (string-trim text))
                              askd-chat--question-width nil nil t)))

(provide 'askd-chat)

;;; askd-chat.el ends here
