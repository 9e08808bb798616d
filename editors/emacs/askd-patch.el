;;; askd-patch.el --- Diffs and blocks of code, as models write them  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Blocks of fenced code in Markdown, the files that they name, and unified diffs put into lines; without a daemon.
;; Line numbers of a diff are taken for hints: a hunk belongs where its lines are.  All functions take and give lists
;; of lines.

;;; Code:

(require 'cl-lib)
(require 'subr-x)

;;; Diffs

(defun askd-patch-is-patch (lines)
  "Whether LINES are a diff."
  (cl-some (lambda (line) (or (string-prefix-p "@@ " line) (equal line "@@"))) lines))

(defun askd-patch-files (lines)
  "The diffs of single files in one of LINES: ((FIRST . LINES) …), FIRST from 0.
A file begins with two lines, \"--- \" and \"+++ \", and git's word before them."
  (let (files named)
    (cl-loop for (line next) on lines
             for i from 0
             for names = (and (string-prefix-p "--- " line) (string-prefix-p "+++ " (or next "")))
             do (when (or (null files) (string-prefix-p "diff " line) (and names named))
                  (push (list i) files)
                  (setq named nil))
             (setq named (or named names))
             (push line (cdr (car files))))
    (mapcar (lambda (file) (cons (car file) (reverse (cdr file)))) (nreverse files))))

(cl-defstruct (askd-patch--hunk (:copier nil))
  "A change: FROM is the line that it was told for, OLD and NEW its lines."
  from old new)

(defun askd-patch--hunks (lines)
  "The hunks of a diff of LINES."
  (let (hunks)
    (dolist (line lines)
      (let ((hunk (car hunks)) (sign (if (string-empty-p line) ?\s (aref line 0))))
        (cond
         ((string-prefix-p "@@" line)
          (push (make-askd-patch--hunk
                 :from (if (string-match "\\`@@ -\\([0-9]+\\)" line) (string-to-number (match-string 1 line)) 0))
                hunks))
         ((and hunk (memq sign '(?\s ?- ?+)))
          (let ((text (if (string-empty-p line) "" (substring line 1))))
            (unless (eq sign ?+) (push text (askd-patch--hunk-old hunk)))
            (unless (eq sign ?-) (push text (askd-patch--hunk-new hunk))))))))
    (dolist (hunk hunks)
      (setf (askd-patch--hunk-old hunk) (nreverse (askd-patch--hunk-old hunk))
            (askd-patch--hunk-new hunk) (nreverse (askd-patch--hunk-new hunk))))
    (nreverse hunks)))

(defun askd-patch--place (lines hunk told)
  "Where in LINES the old lines of HUNK are, from 0, nearest to TOLD; nil: nowhere."
  (let ((old (askd-patch--hunk-old hunk)) best)
    (cl-loop for rest on lines
             for at from 0
             when (and (cl-loop for text in old
                                for there = rest then (cdr there)
                                always (and there (equal (car there) text)))
                       (or (null best) (< (abs (- at told)) (abs (- best told)))))
             do (setq best at))
    (if (or lines old) best 0)))

(defun askd-patch--drop-last-blank (hunk)
  "Take an empty line at the end off HUNK, if it has one; whether it had.
At the end of a block it is none of the hunk, unless the file has it there."
  (let ((old (askd-patch--hunk-old hunk)) (new (askd-patch--hunk-new hunk)))
    (when (and old new (equal (car (last old)) "") (equal (car (last new)) ""))
      (setf (askd-patch--hunk-old hunk) (butlast old)
            (askd-patch--hunk-new hunk) (butlast new))
      t)))

(defun askd-patch-apply (lines diff)
  "LINES with DIFF, lines too, put in; or a string: why that cannot be."
  (let ((moved 0) (number 0))
    (catch 'fault
      (dolist (hunk (askd-patch--hunks diff))
        (let* ((told (+ (max (1- (askd-patch--hunk-from hunk)) 0) moved))
               (at (askd-patch--place lines hunk told)))
          (setq number (1+ number))
          (while (and (not at) (askd-patch--drop-last-blank hunk))
            (setq at (askd-patch--place lines hunk told)))
          (cond
           ((not at)
            (throw 'fault
                   (format "the lines that change %d of the diff is about are not in the file" number)))
           ((null (askd-patch--hunk-old hunk))
            (setq at (min (+ (askd-patch--hunk-from hunk) moved) (length lines)))))
          (setq lines (append (cl-subseq lines 0 at)
                              (askd-patch--hunk-new hunk)
                              (nthcdr (+ at (length (askd-patch--hunk-old hunk))) lines))
                moved (+ moved (- (length (askd-patch--hunk-new hunk)) (length (askd-patch--hunk-old hunk)))))))
      lines)))

(defun askd-patch-file-name (lines)
  "The file that a diff of LINES is about; nil: none is told."
  (cl-loop for line in lines
           when (string-match "\\`\\+\\+\\+ \\(?:b/\\)?\\([^ \t]+\\)" line) return (match-string 1 line)))

;;; Blocks

(cl-defstruct (askd-block (:copier nil))
  "A block of fenced code.
INFO stands behind its fence, BEFORE is the line above, FIRST the number of the
fence's line, from 0."
  info lines first before)

(defun askd-patch--fence (line)
  "The fence that LINE is, as (FENCE . INFO); nil: none."
  (when (string-match "\\`[ \t]*\\(?:\\(```+\\)[ \t]*\\([^`]*\\)\\|\\(~~~+\\)[ \t]*\\(.*\\)\\)\\'" line)
    (cons (or (match-string 1 line) (match-string 3 line))
          (string-trim (or (match-string 2 line) (match-string 4 line))))))

(defun askd-patch-block-at (lines row)
  "The block of fenced code in LINES around ROW, from 0; nil: none."
  (let ((open nil) (marks nil) (before ""))
    (catch 'found
      (cl-loop for line in lines
               for i from 0
               for fence = (askd-patch--fence line)
               do (cond
                   ((and fence (not open))
                    (setq marks (car fence)
                          open (make-askd-block :info (cdr fence) :first i :before before)))
                   ((and open fence (string-empty-p (cdr fence)) (string-prefix-p marks (car fence)))
                    (when (<= (askd-block-first open) row i)
                      (throw 'found (askd-patch--finished open)))
                    (setq open nil))
                   (open (push line (askd-block-lines open))))
               (setq before line))
      (and open (>= row (askd-block-first open)) (askd-patch--finished open)))))

(defun askd-patch--finished (block)
  "BLOCK with its lines in their order."
  (setf (askd-block-lines block) (nreverse (askd-block-lines block)))
  block)

(defun askd-patch--path-p (word)
  "WORD, if it may be the name of a file."
  (and word
       (string-match-p "\\`[[:alnum:]_./+@-]+\\'" word)
       (string-match-p "[^/]\\.[[:alnum:]]+\\'\\|/[[:alnum:]_-]+\\'" word)
       word))

(defun askd-patch--name-in-info (info)
  "The file that INFO of a block names.
As in ```c:src/x.c, ```c src/x.c, ```src/x.c or ```c title=\"src/x.c\"."
  (if (string-match "[[:alnum:]]+=[\"']\\([^\"']+\\)[\"']" info)
      (askd-patch--path-p (match-string 1 info))
    (cl-loop for word in (split-string info)
             for name = (if (string-match "\\`[[:alnum:]]+[:=]\\(.+\\)\\'" word) (match-string 1 word) word)
             when (askd-patch--path-p name) return name)))

(defun askd-patch--name-in-comment (line)
  "The file that LINE names, if it is a comment with nothing else."
  (and (string-match "\\`[ \t]*[-/#;%<!*]+[ \t]*\\([^ \t]+\\)[ \t*/>-]*\\'" line)
       (askd-patch--path-p (match-string 1 line))))

(defun askd-patch--name-above (line)
  "The file that LINE, above a block, names between backquotes or stars."
  (and (or (string-match "`\\([^`]+\\)`" line) (string-match "\\*\\*\\([^*]+\\)\\*\\*" line))
       (askd-patch--path-p (match-string 1 line))))

(defun askd-patch-name-of (block)
  "The file that BLOCK names; nil: none.
Behind its fence, in its first line if that is a comment, or in the line above."
  (or (askd-patch--name-in-info (askd-block-info block))
      (askd-patch-file-name (askd-block-lines block))
      (askd-patch--name-in-comment (or (car (askd-block-lines block)) ""))
      (askd-patch--name-above (askd-block-before block))))

(defun askd-patch-below-here-p (name)
  "Whether NAME, out of an answer, leads to a file below the folder."
  (not (or (string-match-p "\\`[/~]" name) (string-match-p "/\\.\\./" (concat "/" name "/"))
           (file-remote-p name))))

(provide 'askd-patch)

;;; askd-patch.el ends here
