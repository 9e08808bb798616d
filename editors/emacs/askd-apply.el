;;; askd-apply.el --- Code of an answer into a file  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; The code block at point put into a file: its diff is shown in the file's buffer, to be accepted or rejected as any
;; rewrite.  Nothing is written to a disk.  askd-patch.el reads blocks and diffs.

;;; Code:

(require 'cl-lib)
(require 'askd-base)
(require 'askd-diff)
(require 'askd-patch)

(defun askd-apply--block ()
  "The block of code at point; an error where there is none."
  (let ((lines (split-string (buffer-substring-no-properties (point-min) (point-max)) "\n"))
        (row (1- (line-number-at-pos nil))))
    (cons (or (askd-patch-block-at lines row)
              (askd-refuse "there is no code block at point"))
          row)))

(defun askd-apply--of-file (block row name)
  "BLOCK, but only the part about the file NAME; nil: about the one at ROW.
That is all of it, unless it is a diff about several files."
  (let ((files (and (askd-patch-is-patch (askd-block-lines block)) (askd-patch-files (askd-block-lines block)))))
    (if (null (cdr files))
        block
      (let* ((at (- row (askd-block-first block) 1))
             (file (cl-find-if
                    (lambda (file)
                      (if name
                          (equal (expand-file-name (or (askd-patch-file-name (cdr file)) "")) (expand-file-name name))
                        (and (<= (car file) at) (< at (+ (car file) (length (cdr file)))))))
                    files)))
        (unless file
          (askd-refuse "this diff is about several files: put point on what it says of one, or name that one"))
        (make-askd-block :info (askd-block-info block) :first (askd-block-first block)
                         :before (askd-block-before block) :lines (cdr file))))))

(defun askd-apply--split (name)
  "NAME of a file without the lines behind it: (FILE FIRST LAST)."
  (if (string-match "\\`\\(.+?\\):\\([0-9]+\\)\\(?:-\\([0-9]+\\)\\)?\\'" name)
      (let ((first (string-to-number (match-string 2 name))))
        (list (match-string 1 name) first
              (if (match-string 3 name) (string-to-number (match-string 3 name)) first)))
    (list name nil nil)))

(defun askd-apply--text (block old)
  "The text in the place of OLD once BLOCK is applied; an error where it cannot."
  (if (not (askd-patch-is-patch (askd-block-lines block)))
      (string-join (askd-block-lines block) "\n")
    (let ((made (askd-patch-apply (split-string (string-remove-suffix "\n" old) "\n") (askd-block-lines block))))
      (when (stringp made)
        (askd-refuse "%s" made))
      (string-join made "\n"))))

(defun askd-apply--region (first last)
  "Where the lines FIRST to LAST of this buffer are, (BEG . END); nil: all of it."
  (let ((count (max 1 (count-lines (point-min) (point-max)))))
    (unless (<= 1 (or first 1) (or last count) count)
      (askd-refuse "%s has %d lines" (buffer-name) count))
    (save-excursion
      (goto-char (point-min))
      (forward-line (1- (or first 1)))
      (cons (point) (progn (forward-line (- (or last count) (or first 1) -1)) (point))))))

(defun askd-apply--show (block name)
  "Show BLOCK as a change to the file NAME."
  (pcase-let* ((`(,file ,first ,last) (askd-apply--split name))
               (buffer (find-file-noselect (expand-file-name file))))
    (pop-to-buffer buffer)
    (save-restriction
      (widen)
      (pcase-let* ((`(,beg . ,end) (askd-apply--region first last))
                   (text (askd-apply--text block (buffer-substring-no-properties beg end))))
        (askd-change-finish (askd-change-open buffer beg end :title "apply") text)
        (goto-char beg)))))

;;;###autoload
(defun askd-apply (&optional name)
  "Show the code block at point as a change to the file that it names.
\\[askd-accept] makes the change, \\[askd-reject] drops it.  A block that names no
file, or one outside of this folder, is asked where it goes, as FILE, FILE:12 or
FILE:12-20; so it is with a prefix argument.  Lisp can give the NAME."
  (interactive)
  (pcase-let* ((`(,whole . ,row) (askd-apply--block))
               (block (askd-apply--of-file whole row (and name (car (askd-apply--split name)))))
               (told (askd-patch-name-of block)))
    (askd-apply--show
     block
     (cond
      (name name)
      ((and told (askd-patch-below-here-p told) (not current-prefix-arg)) told)
      (t (read-file-name "Apply to file: " nil nil nil told))))))

(provide 'askd-apply)

;;; askd-apply.el ends here
