;;; askd-markdown.el --- Markdown as such, where it can be shown  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; The faces of chats and answers.  Those of `markdown-mode' are used where it is installed; nothing else of it, as its keys
;; and hooks are for files.

;;; Code:

(defvar markdown-mode-syntax-table)
(declare-function markdown-syntax-propertize "ext:markdown-mode")
(declare-function markdown-syntax-propertize-extend-region "ext:markdown-mode")
(declare-function markdown-font-lock-extend-region-function "ext:markdown-mode")

(defface askd-heading '((t :inherit outline-1))
  "Headings of Markdown."
  :group 'askd)

(defface askd-code '((t :inherit font-lock-constant-face))
  "Code in Markdown."
  :group 'askd)

(defconst askd-markdown--keywords
  '(("^#\\{1,6\\} .*$" . 'askd-heading)
    ("^<!-- askd .*-->$" . 'font-lock-comment-face)
    ("^[ \t]*\\(?:```\\|~~~\\).*$" . 'font-lock-comment-face)
    ("`[^`\n]+`" . 'askd-code)
    ("\\*\\*[^*\n]+\\*\\*" . 'bold)
    ("^[ \t]*\\(?:[-*+]\\|[0-9]+[.)]\\) " . 'font-lock-keyword-face))
  "What is shown in other faces where there is no `markdown-mode'.")

(defun askd-markdown-setup ()
  "Show the Markdown of this buffer as such."
  (if (not (require 'markdown-mode nil t))
      (setq-local font-lock-defaults '(askd-markdown--keywords t))
    (set-syntax-table markdown-mode-syntax-table)
    (setq-local syntax-propertize-function #'markdown-syntax-propertize
                font-lock-defaults '(markdown-mode-font-lock-keywords
                                     nil nil nil nil
                                     (font-lock-multiline . t)
                                     (font-lock-syntactic-face-function . markdown-syntactic-face)))
    (add-hook 'syntax-propertize-extend-region-functions #'markdown-syntax-propertize-extend-region nil t)
    (add-hook 'jit-lock-after-change-extend-region-functions #'markdown-font-lock-extend-region-function t t)))

(provide 'askd-markdown)

;;; askd-markdown.el ends here
