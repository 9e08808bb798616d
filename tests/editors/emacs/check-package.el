;;; check-package.el --- What a package archive would refuse  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:


;; Looks through the files that are named on the command line, in a folder that may be written to, and says what is wrong
;; with each, a line each:
;;
;;     $ emacs -Q --batch -L … -l check-package.el -f check-package-compile FILE…

;;; Code:

(require 'checkdoc)
(require 'cl-lib)
(require 'package)

(defvar package-lint-main-file)
(declare-function package-lint-buffer "ext:package-lint")

(defun check-package-compile ()
  "Compile the files; a warning is an error."
  (setq byte-compile-error-on-warn t)
  (let ((failed (cl-remove-if #'byte-compile-file command-line-args-left)))
    (kill-emacs (if failed 1 0))))

(defun check-package-checkdoc ()
  "Print what checkdoc has to say."
  (setq checkdoc-create-error-function
        (lambda (text start _end &optional _unfixable)
          (princ (format "%s:%d: %s\n" (file-name-nondirectory buffer-file-name)
                         (if start (line-number-at-pos start) 0) text))
          nil))
  (dolist (file command-line-args-left)
    (with-current-buffer (find-file-noselect file)
      (checkdoc-current-buffer t)))
  (setq command-line-args-left nil))

(defun check-package-lint ()
  "Print what package-lint has to say."
  ;; -Q leaves out where a distribution has its packages.
  (push "/usr/share/emacs/site-lisp/elpa" package-directory-list)
  (package-initialize)
  (unless (require 'package-lint nil t)
    (princ "there is no package-lint\n")
    (kill-emacs 77))
  (setq package-lint-main-file "askd.el")
  (dolist (file command-line-args-left)
    (with-current-buffer (find-file-noselect file)
      (cl-loop for (line column kind text) in (package-lint-buffer)
               ;; package-lint 0.16 is older than Emacs 28, and takes it for one that is not released.
               unless (string-search "uninstallable in all released Emacs versions" text)
               do (princ (format "%s:%d:%d: %s: %s\n" (file-name-nondirectory file) line column kind text)))))
  (setq command-line-args-left nil))

(defun check-package-names ()
  "Say what the files define: \"command NAME\" and \"option NAME\", a line each."
  (dolist (file command-line-args-left)
    (load file nil t))
  (mapatoms
   (lambda (symbol)
     (let ((name (symbol-name symbol)))
       (when (and (string-match-p "\\`\\(?:global-\\)?askd-" name) (not (string-match-p "--" name)))
         (when (commandp symbol)
           (princ (format "command %s\n" name)))
         (when (custom-variable-p symbol)
           (princ (format "option %s\n" name)))))))
  (setq command-line-args-left nil))

(defun check-package-head ()
  "Say which commands and options there are once askd alone is required, as above."
  (require 'askd)
  (check-package-names))

(provide 'check-package)

;;; check-package.el ends here
