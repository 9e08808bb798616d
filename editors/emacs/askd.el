;;; askd.el --- Language models through the daemon askd -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;; Author: The authors of askd
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: tools, convenience
;; URL: https://github.com/askd/askd

;;; Commentary:

;; Ask about code, have it rewritten, take suggestions at point, and chat, with any model that the daemon askd has.  The
;; daemon has the keys, the conversations and the running answers: what is seen here can be seen in a shell and in other
;; editors too, and is there again after this Emacs has ended.
;;
;; This file is the package's head: it is all that has to be loaded, the rest comes when it is asked for.  M-x askd-health
;; says whether all is there.  README.md tells all commands and options.

;;; Code:

(require 'askd-base)

(dolist (row '(("askd-answer" askd-stop)
               ("askd-apply" askd-apply)
               ("askd-ask" askd-ask)
               ("askd-attach" askd-attach-buffer askd-attach-diagnostics askd-attach-file askd-attach-project-file
                askd-attach-region askd-attach-url askd-attach-visible askd-detach)
               ("askd-chat" askd-branch-next askd-branch-previous askd-chat askd-chat-revert askd-send)
               ("askd-commit" askd-commit)
               ("askd-compare" askd-compare)
               ("askd-diff" askd-accept askd-ediff askd-reject)
               ("askd-health" askd-health)
               ("askd-pick" askd-branch askd-conversations askd-model askd-prompt)
               ("askd-resume" askd-resume)
               ("askd-rewrite" askd-rewrite)
               ("askd-status" askd-mode-line-mode)
               ("askd-suggest" askd-suggest-accept askd-suggest-accept-line askd-suggest-accept-word
                askd-suggest-dismiss askd-suggest-mode global-askd-suggest-mode)))
  (dolist (command (cdr row))
    (autoload command (car row) nil t)))

;;;###autoload
(defvar askd-map
  (let ((map (make-sparse-keymap)))
    (pcase-dolist (`(,key . ,command)
                   '(("a" . askd-ask) ("r" . askd-rewrite) ("y" . askd-accept) ("n" . askd-reject) ("e" . askd-ediff)
                     ("c" . askd-chat) ("l" . askd-conversations) ("m" . askd-model) ("p" . askd-prompt)
                     ("f" . askd-attach-file) ("b" . askd-attach-buffer) ("x" . askd-attach-region)
                     ("v" . askd-attach-visible) ("d" . askd-attach-diagnostics) ("j" . askd-attach-project-file)
                     ("u" . askd-attach-url) ("k" . askd-detach) ("=" . askd-compare) ("g" . askd-commit)
                     ("z" . askd-resume) ("i" . askd-apply) ("s" . askd-suggest-mode) ("q" . askd-stop)
                     ("?" . askd-health)))
      (define-key map (kbd key) command))
    map)
  "Commands of askd, for a prefix of the user's.")

(provide 'askd)

;;; askd.el ends here
