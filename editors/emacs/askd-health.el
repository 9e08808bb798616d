;;; askd-health.el --- What askd needs, and what is missing  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; M-x askd-health looks at Emacs, at the daemon and what it can do, and at the providers, and names a mend for what is
;; missing.  What the daemon tells is added to the page as it comes.

;;; Code:

(require 'cl-lib)
(require 'askd-client)

(defconst askd-health--seconds 6
  "How long the daemon is waited for; it may have to be started first.")

(defconst askd-health--methods
  '(("chat" . "askd-ask, askd-chat and all else that asks")
    ("complete" . "askd-suggest-mode")
    ("compare" . "askd-compare")
    ("status" . "askd-mode-line-mode")
    ("answer.attach" . "what streams in")
    ("answer.cancel" . "askd-stop")
    ("answer.get" . "chats")
    ("answer.list" . "askd-resume")
    ("answer.estimate" . "the last chat of a folder")
    ("conversation.create" . "instructions of chats")
    ("conversation.get" . "chats")
    ("conversation.watch" . "chats that others write in too")
    ("conversation.head" . "askd-branch")
    ("conversation.list" . "askd-conversations")
    ("conversation.search" . "askd-conversations with words")
    ("models.aliases" . "askd-model")
    ("models.list" . "askd-model")
    ("prompt.list" . "askd-prompt"))
  "All that is asked for here, and what is missing without it.")

(defconst askd-health--mends
  '(("unavailable" "run: askctl doctor" "or start it: askd --user")
    ("permission_denied" "run: askctl doctor")
    ("timeout" "run: askctl status" "restart the daemon if that hangs too"))
  "What to do about errors, by their codes.")

(defun askd-health--say (face mark text mends)
  "Add a line of MARK in FACE and TEXT to the page, and below it MENDS."
  (let ((inhibit-read-only t))
    (save-excursion
      (goto-char (point-max))
      (insert "  " (propertize mark 'face face) " " (askd-one-line text) "\n")
      (dolist (mend mends)
        (insert "      " mend "\n")))))

(defun askd-health--title (text)
  "Begin a part of the page with the title TEXT."
  (let ((inhibit-read-only t))
    (save-excursion
      (goto-char (point-max))
      (insert (if (bobp) "" "\n") (propertize text 'face 'bold) "\n"))))

(defun askd-health--ok (text &rest arguments)
  "Tell with TEXT and ARGUMENTS, as of `format', what is as it should be."
  (askd-health--say 'success "ok  " (apply #'format text arguments) nil))

(defun askd-health--info (text &rest arguments)
  "Tell with TEXT and ARGUMENTS, as of `format', what is neither good nor bad."
  (askd-health--say 'shadow "info" (apply #'format text arguments) nil))

(defun askd-health--warn (text &rest mends)
  "Tell with TEXT what is missing, and MENDS."
  (askd-health--say 'warning "WARN" text mends))

(defun askd-health--fail (text &rest mends)
  "Tell with TEXT what is wrong, and MENDS."
  (askd-health--say 'error "FAIL" text mends))

(defun askd-health--check-emacs ()
  "Look at Emacs."
  (askd-health--title "Emacs")
  (if (version< emacs-version "28.1")
      (askd-health--fail (concat emacs-version " is too old") "install Emacs 28 or later")
    (askd-health--ok "%s" emacs-version))
  (if (require 'markdown-mode nil t)
      (askd-health--ok "markdown-mode colours chats and answers")
    (askd-health--info "markdown-mode is not installed: chats and answers are coloured sparely")))

(defun askd-health--check-programs ()
  "Look for the programs that are run."
  (askd-health--title "Programs")
  (cond
   ((not askd-askctl) (askd-health--info "askctl is switched off (askd-askctl): no daemon is started from here"))
   ((executable-find askd-askctl) (askd-health--ok "%s starts the daemon where none runs" askd-askctl))
   (t (askd-health--warn (concat askd-askctl " cannot be run: a daemon has to run already")
                         "install askd, or name the program: customize askd-askctl")))
  (if (executable-find "git")
      (askd-health--ok "git, for askd-commit")
    (askd-health--info "git is not there: askd-commit cannot be used")))

(defun askd-health--check-methods (server)
  "Look at what SERVER, as of `hello', can do."
  (let* ((there (append (gethash "methods" server) nil))
         (missing (cl-loop for (method . use) in askd-health--methods
                           unless (member method there) collect (format "%s (%s)" method use))))
    (if missing
        (askd-health--warn (concat "it lacks: " (string-join missing ", "))
                           "install the askd that this package came with, and restart the daemon")
      (askd-health--ok "it has all methods that are used here"))))

(defun askd-health--check-daemon (err status)
  "Look at the daemon, which answered with ERR or STATUS."
  (askd-health--title "The daemon")
  (askd-health--info "socket: %s" (plist-get (askd-state) :socket))
  (if err
      (apply #'askd-health--fail (format "%s: %s" (gethash "code" err) (gethash "message" err))
             (or (cdr (assoc (gethash "code" err) askd-health--mends)) '("run: askctl doctor")))
    (let ((server (plist-get (askd-state) :server)))
      (askd-health--ok "askd %s, pid %d, protocol %s" (gethash "version" status) (gethash "pid" status)
                       (if server (gethash "protocol" server "?") "?"))
      (when server
        (askd-health--check-methods server)))
    (askd-health--check-providers status)))

(defun askd-health--check-providers (status)
  "Look at the providers in STATUS."
  (askd-health--title "Providers")
  (let ((ready 0) (model (gethash "default_model" status "")))
    (cl-loop for p across (gethash "providers" status)
             do (pcase (gethash "state" p)
                  ("ready"
                   (setq ready (1+ ready))
                   (askd-health--ok "%s is ready (key from %s)" (gethash "name" p)
                                    (or (gethash "key_source" p) "nowhere: it needs none")))
                  ("local"
                   (askd-health--info "%s is local: it is looked for when it is asked" (gethash "name" p)))))
    (when (zerop ready)
      (askd-health--warn "none is ready" "run: askctl setup" "or: askctl keys import"))
    (if (string-empty-p model)
        (askd-health--warn "there is no default model" "name one: askctl setup, or default_model in askd.conf")
      (askd-health--ok "asked by default: %s" model))))

(defun askd-health--timeout ()
  "The error of a daemon that does not answer."
  (let ((err (make-hash-table :test #'equal)))
    (puthash "code" "timeout" err)
    (puthash "message" (format "it has not answered within %d s" askd-health--seconds) err)
    err))

(defun askd-health--ask (buffer)
  "Ask the daemon, and add to the page in BUFFER what is known then."
  (let (timer over)
    (cl-flet ((finish (err status)
                (unless over
                  (setq over t)
                  (cancel-timer timer)
                  (when (buffer-live-p buffer)
                    (with-current-buffer buffer
                      (askd-health--check-daemon err status))))))
      (setq timer (run-at-time askd-health--seconds nil (lambda () (finish (askd-health--timeout) nil))))
      (askd-request "status" nil #'finish))))

(defun askd-health--revert (&rest _)
  "Look at all anew."
  (let ((inhibit-read-only t))
    (erase-buffer))
  (askd-health--check-emacs)
  (askd-health--check-programs)
  (askd-health--ask (current-buffer)))

(define-derived-mode askd-health-mode special-mode "askd health"
  "What askd needs, and what is missing."
  :group 'askd
  (setq-local revert-buffer-function #'askd-health--revert))

;;;###autoload
(defun askd-health ()
  "Show whether all is there that askd needs, with a mend for what is missing."
  (interactive)
  (let ((buffer (get-buffer-create "*askd health*")))
    (with-current-buffer buffer
      (askd-health-mode)
      (revert-buffer))
    (pop-to-buffer buffer)))

(provide 'askd-health)

;;; askd-health.el ends here
