;;; askd-turns.el --- Conversations as Markdown, and back  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A conversation as Markdown, and such Markdown read back; without a daemon.  The form is that of `askctl conv export'
;; (daemon/archive/markdown.h), without what a reader need not see:
;;
;;     ## user
;;
;;     How long does it steep?
;;
;;     ## assistant (openai/gpt-4.1)
;;
;;     Three minutes.
;;
;; A *mark* is a line that means something, such as these headings.  A line of a text that looks like a mark gets a
;; backslash in front, one that has such backslashes gets one more; so whatever a turn holds, fences and headings too,
;; it is read back as it was.  Blank lines around a text mean nothing.  What a turn has beside its text is a line that
;; names it ("### part file" and a comment): taking out the line takes it out of the question.

;;; Code:

(require 'cl-lib)
(require 'json)
(require 'subr-x)
(require 'askd-msgpack)

(cl-defstruct (askd-turn (:copier nil))
  "A turn of a page.
ROLE and TEXT are what it says, KEPT the numbers of the parts of its message that
still stand there, BEG and END its place in the buffer."
  role text kept beg end)

(defconst askd-turns--mark
  (concat "^\\(\\\\*\\)"
          "\\(?:## \\(user\\|assistant\\|system\\|tool\\|instructions\\)"
          "\\|### \\(reasoning\\|answer\\|part\\)"
          "\\|\\(<!-- askd\\)\\)"
          "\\(?:[ \t\r]+\\(.*\\)\\)?$")
  "A mark: backslashes, a role, a block within a turn or a comment, the rest.")

(defun askd-turns--trimmed (text)
  "TEXT without the blank lines at its ends."
  (let ((first (string-match "[^ \t\r\n]" text)))
    (if (not first)
        ""
      (let ((last (length text)))
        (while (memq (aref text (1- last)) '(?\s ?\t ?\r ?\n))
          (setq last (1- last)))
        (while (and (> first 0) (/= (aref text (1- first)) ?\n))
          (setq first (1- first)))
        (substring text first (or (string-search "\n" text last) (length text)))))))

(defun askd-turns-escaped (text)
  "TEXT without blank lines at its ends, no line of which can be taken for a mark.
Line ends of DOS become those of Unix."
  (let ((case-fold-search nil))
    (askd-turns--trimmed
     (replace-regexp-in-string
      askd-turns--mark "\\\\\\&"
      (replace-regexp-in-string "\r\\'" "" (string-replace "\r\n" "\n" text))))))

;;; Writing

(defun askd-turns--comment (entries)
  "A comment with ENTRIES, a list of (NAME . VALUE).
No comment ends within it: \">\" stands in strings alone, where it can be
written otherwise."
  (let ((inside (mapconcat
                 (lambda (entry)
                   (format "\"%s\":%s" (car entry)
                           (if (stringp (cdr entry))
                               (json-encode-string (string-replace "\0" " " (cdr entry)))
                             (cdr entry))))
                 entries ",")))
    (format "<!-- askd {%s} -->" (string-replace ">" "\\u003e" inside))))

(defun askd-turns--count-lines (text)
  "How many lines TEXT has."
  (let ((breaks (cl-count ?\n text)))
    (if (or (string-empty-p text) (string-suffix-p "\n" text)) breaks (1+ breaks))))

(defun askd-turns--size (data)
  "How many bytes DATA of a part has."
  (length (if (askd-msgpack-bin-p data) (askd-msgpack-bin-bytes data) (encode-coding-string data 'utf-8))))

(defun askd-turns--part (part number)
  "How PART of a message is told that is not the text of its turn.
NUMBER is its place in the message, from 1."
  (let ((text (or (gethash "text" part) (gethash "content" part) (gethash "arguments" part)))
        (entries (list (cons "part" number))))
    (dolist (field '("name" "url"))
      (when (gethash field part)
        (push (cons field (gethash field part)) entries)))
    (when (gethash "data" part)
      (push (cons "bytes" (askd-turns--size (gethash "data" part))) entries))
    (when (stringp text)
      (push (cons "lines" (askd-turns--count-lines text)) entries)
      (push (cons "begins" (truncate-string-to-width (car (split-string text "\n")) 60)) entries))
    (concat "### part " (gethash "type" part) "\n" (askd-turns--comment (nreverse entries)))))

(defun askd-turns-split-parts (message)
  "The parts of MESSAGE but its text, ((NUMBER . PART) …), consed to its text.
The text is the last text part of a question, before which its attachments
stand, and all text parts of an answer."
  (let ((content (gethash "content" message)))
    (if (stringp content)
        (cons nil content)
      (let* ((is-text (lambda (part) (equal (gethash "type" part) "text")))
             (question (cl-position-if is-text content :from-end t))
             (asks (equal (gethash "role" message) "user"))
             others texts)
        (cl-loop for part across content
                 for i from 0
                 do (if (and (funcall is-text part) (or (not asks) (eql i question)))
                        (push (gethash "text" part) texts)
                      (push (cons (1+ i) part) others)))
        (cons (nreverse others) (apply #'concat (nreverse texts)))))))

(defun askd-turns-heading (role &optional provider model)
  "The heading of a turn of ROLE, for an answer with its PROVIDER and MODEL."
  (if (and (equal role "assistant") model (not (string-empty-p model)))
      (format "## assistant (%s)"
              (replace-regexp-in-string
               "[[:cntrl:]]" " "
               (if (and provider (not (string-empty-p provider))) (concat provider "/" model) model)))
    (concat "## " role)))

(defun askd-turns-of-message (message)
  "MESSAGE of a conversation as text: a heading, a blank line, what was said."
  (pcase-let* ((`(,others . ,said) (askd-turns-split-parts message))
               (text (askd-turns-escaped said)))
    (mapconcat
     #'identity
     `(,(askd-turns-heading (gethash "role" message) (gethash "provider" message) (gethash "model" message))
       ,@(cl-loop for (number . part) in others collect (askd-turns--part part number))
       ,@(and others (not (string-empty-p text)) '("### part text"))
       ,@(and (not (string-empty-p text)) (list text)))
     "\n\n")))

(defun askd-turns-of-instructions (system)
  "The instructions SYSTEM of a conversation, as text."
  (concat "## instructions\n\n" (askd-turns-escaped system)))

;;; Reading

(defun askd-turns--read-comment (rest)
  "What is in a comment, where REST stands behind its first word; nil: nothing."
  (when rest
    (let ((json-object-type 'hash-table) (json-key-type 'string))
      (ignore-errors
        (let ((entries (json-read-from-string (replace-regexp-in-string "-->\\'" "" (string-trim-right rest)))))
          (and (hash-table-p entries) entries))))))

(defun askd-turns--part-below ()
  "The number of the part that the comment on the next line names; nil: none."
  (save-excursion
    (forward-line 1)
    (when (and (looking-at askd-turns--mark) (match-string 4) (string-empty-p (match-string 1)))
      (let ((entries (askd-turns--read-comment (match-string-no-properties 5))))
        (and entries (integerp (gethash "part" entries)) (gethash "part" entries))))))

(cl-defstruct (askd-turns--reader (:copier nil))
  "What is known while a page is read.
TURN is the current one, PIECES its text, the last first, GATHERS whether what
follows is of its text."
  turns instructions turn pieces (gathers t))

(defun askd-turns--close (reader end)
  "Put the turn that READER is in behind the others; it ends at END."
  (let ((turn (askd-turns--reader-turn reader)))
    (when turn
      (setf (askd-turn-text turn)
            (askd-turns--trimmed (apply #'concat (nreverse (askd-turns--reader-pieces reader))))
            (askd-turn-kept turn) (nreverse (askd-turn-kept turn))
            (askd-turn-end turn) end)
      (if (equal (askd-turn-role turn) "instructions")
          (setf (askd-turns--reader-instructions reader) (askd-turn-text turn))
        (push turn (askd-turns--reader-turns reader))))
    (setf (askd-turns--reader-turn reader) nil
          (askd-turns--reader-pieces reader) nil
          (askd-turns--reader-gathers reader) t)))

(defun askd-turns--gather (reader beg end &optional skip)
  "Have READER take the text from BEG to END, but for its first SKIP characters.
What stands before the first heading is a question, as people begin a page."
  (let ((text (buffer-substring-no-properties (+ beg (or skip 0)) end)))
    (when (and (not (askd-turns--reader-turn reader)) (string-match "[^ \t\r\n]" text))
      (setf (askd-turns--reader-turn reader)
            (make-askd-turn :role "user"
                            :beg (save-excursion (goto-char (+ beg (match-beginning 0))) (line-beginning-position)))))
    (when (and (askd-turns--reader-turn reader) (askd-turns--reader-gathers reader) (< beg end))
      (push text (askd-turns--reader-pieces reader)))))

(defun askd-turns--block (reader block rest)
  "Have READER go into BLOCK of the turn, a word, with REST behind it.
A part that is named by a comment stands for itself; the text is what stands
under all else but reasoning."
  (let ((part (and (equal block "part") (askd-turns--part-below))))
    (when part
      (push part (askd-turn-kept (askd-turns--reader-turn reader))))
    (setf (askd-turns--reader-gathers reader)
          (and (not part)
               (not (equal block "reasoning"))
               (or (not (equal block "part")) (equal (string-trim-right (or rest "")) "text"))))))

(defun askd-turns--take-mark (reader beg end)
  "Have READER take the mark on the line from BEG to END, which was matched last."
  (let ((escapes (length (match-string 1)))
        (role (match-string-no-properties 2))
        (block (match-string-no-properties 3))
        (rest (match-string-no-properties 5))
        (turn (askd-turns--reader-turn reader)))
    (cond
     ((> escapes 0) (askd-turns--gather reader beg end 1))
     (role
      (askd-turns--close reader beg)
      (setf (askd-turns--reader-turn reader) (make-askd-turn :role role :beg beg)))
     ((and block turn) (save-excursion (goto-char beg) (askd-turns--block reader block rest)))
     ;; What an export tells of a message stands right below its heading.
     ((and turn (not (askd-turns--reader-pieces reader)) (askd-turns--read-comment rest)))
     (t (askd-turns--gather reader beg end)))))

(defun askd-turns-read (beg end)
  "What is written from BEG to END: (LIST . INSTRUCTIONS), LIST of `askd-turn'.
INSTRUCTIONS are nil where there are none.  Both ends are those of whole lines."
  (let ((reader (make-askd-turns--reader)) (case-fold-search nil) (from beg))
    (save-excursion
      (save-restriction
        (widen)
        (narrow-to-region beg end)
        (goto-char beg)
        (while (re-search-forward askd-turns--mark nil t)
          (let ((at (match-beginning 0)) (next (min (1+ (match-end 0)) (point-max))) (found (match-data)))
            (askd-turns--gather reader from at)
            (set-match-data found)
            (askd-turns--take-mark reader at next)
            (goto-char next)
            (setq from next)))
        (askd-turns--gather reader from end)
        (askd-turns--close reader end)))
    (cons (nreverse (askd-turns--reader-turns reader)) (askd-turns--reader-instructions reader))))

(provide 'askd-turns)

;;; askd-turns.el ends here
