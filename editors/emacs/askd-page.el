;;; askd-page.el --- The text of a chat  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A conversation in a buffer: its settled turns, the running answer if there is one, and the draft of the next question.
;;
;;     ## user … ## assistant …     settled: as the daemon has them
;;     ## assistant (p/m) …         running: streams in, from the marker `flow' on
;;     ## user …                    the draft: the user's, from the marker `tail' on
;;
;; What comes from the daemon goes above the draft, and only over what the user has not changed.

;;; Code:

(require 'cl-lib)
(require 'askd-branch)
(require 'askd-turns)
(require 'askd-undo)

(defface askd-remark '((t :inherit shadow))
  "What is shown beside the turns of a chat."
  :group 'askd)

(cl-defstruct (askd-page (:copier nil) (:constructor askd-page--make))
  "The text of a chat in BUFFER.
SHOWN are the messages of its settled turns, RUNNING the id of that whose answer
streams in, TAIL and FLOW its markers, REMARKS overlays."
  buffer shown running tail flow remarks)

(defconst askd-page--draft "## user\n\n")

(defmacro askd-page--in (page &rest body)
  "Carry out BODY in all of the buffer of PAGE, whatever of it is narrowed to."
  (declare (indent 1) (debug t))
  `(with-current-buffer (askd-page-buffer ,page)
     (save-restriction
       (widen)
       ,@body)))

(defun askd-page-new (buffer)
  "A page in BUFFER, which is empty, with an empty draft."
  (with-current-buffer buffer
    (askd-undo-replace (point-min) (point-max) askd-page--draft)
    (askd-page--make :buffer buffer :tail (copy-marker (point-min)))))

(defun askd-page--row (marker)
  "The beginning of the line where MARKER is; nil where there is none."
  (and marker
       (marker-position marker)
       (save-excursion (goto-char marker) (line-beginning-position))))

(cl-defstruct (askd-page--text (:copier nil))
  "What stands on a page.
TURNS are all but the running answer, SETTLED is how many are above the draft."
  turns settled instructions)

(defun askd-page-read (page)
  "What stands on PAGE, an `askd-page--text'."
  (askd-page--in page
    (let* ((tail (askd-page--row (askd-page-tail page)))
           (upto (or (askd-page--row (askd-page-flow page)) tail))
           (above (askd-turns-read (point-min) (min upto tail)))
           (draft (askd-turns-read tail (point-max))))
      (make-askd-page--text :turns (append (car above) (car draft))
                            :settled (length (car above))
                            :instructions (or (cdr above) (cdr draft))))))

(defun askd-page-place-at (page pos)
  "Which message on the path of PAGE the turn at POS is, from 0; nil: the draft."
  (let* ((text (askd-page-read page))
         (count (min (askd-page--text-settled text) (length (askd-page-shown page))))
         (place (cl-position-if (lambda (turn) (and (<= (askd-turn-beg turn) pos) (< pos (askd-turn-end turn))))
                                (askd-page--text-turns text))))
    (and place (< place count) place)))

(defun askd-page-has-draft (page)
  "Whether the user has written anything into the draft of PAGE."
  (askd-page--in page
    (cl-some (lambda (turn) (not (string-empty-p (askd-turn-text turn))))
             (car (askd-turns-read (askd-page--row (askd-page-tail page)) (point-max))))))

(defun askd-page--is-edited (page text)
  "Whether the user has changed what is shown on PAGE, where TEXT stands."
  (or (/= (askd-page--text-settled text) (length (askd-page-shown page)))
      (cl-loop for message in (askd-page-shown page)
               for turn in (askd-page--text-turns text)
               thereis (not (askd-branch-is-as-known message turn)))))

;;; Showing

(defun askd-page--replace (beg end text)
  "Put TEXT in the place of what is from BEG to END.
What is the same at both ends is left alone, and so are point and windows."
  (let* ((old (buffer-substring-no-properties beg end))
         (mismatch (compare-strings old nil nil text nil nil))
         (same (if (eq mismatch t) (length old) (1- (abs mismatch))))
         (room (- (min (length old) (length text)) same))
         (behind (compare-strings (reverse old) nil room (reverse text) nil room))
         (tail (if (eq behind t) room (1- (abs behind)))))
    (unless (eq mismatch t)
      (askd-undo-replace (+ beg same) (- end tail) (substring text same (- (length text) tail))))))

(defun askd-page--common (shown path)
  "How many messages at the beginning of PATH are among SHOWN, as they are."
  (cl-loop for a in shown
           for b in path
           while (askd-branch-same-message a b)
           count t))

(defun askd-page--written (path running)
  "The messages PATH, and the heading of the RUNNING one, as text."
  (concat (mapconcat (lambda (message) (concat (askd-turns-of-message message) "\n\n")) path "")
          (and running
               (concat (askd-turns-heading "assistant" (gethash "provider" running) (gethash "model" running))
                       "\n\n\n\n"))))

(defun askd-page--region (page known text sent)
  "From where to where PAGE, where TEXT stands, is to be written anew.
KNOWN of them stay.  With SENT the draft is written anew too."
  (let ((turn (nth known (askd-page--text-turns text)))
        (tail (askd-page--row (askd-page-tail page))))
    (cons (if (and turn (or sent (< known (askd-page--text-settled text))))
              (askd-turn-beg turn)
            (or (askd-page--row (askd-page-flow page)) tail))
          (if sent (point-max) tail))))

(defun askd-page--put (page from to above draft running)
  "Put ABOVE, text of messages, and DRAFT (nil: it stays) FROM … TO on PAGE.
RUNNING: the last message is one that streams in."
  (askd-page--replace from to (concat above draft))
  (let ((tail (+ from (length above))))
    (set-marker (askd-page-tail page) tail)
    (when (askd-page-flow page)
      (set-marker (askd-page-flow page) nil))
    (setf (askd-page-flow page)
          (and running (save-excursion
                         (goto-char tail)
                         (forward-line -4)
                         (copy-marker (point)))))))

(defun askd-page-show (page path system &optional sent)
  "Show on PAGE the messages of PATH, of which the last may be running.
SYSTEM are the conversation's instructions.  SENT is (AT . UNSENT), of a
question that the daemon has taken and that is still what the user wrote: it
and all behind it is replaced, and UNSENT becomes the draft.  Return nil, with
nothing changed, where the user has changed what would be replaced."
  (askd-page--in page
    (let* ((text (askd-page-read page))
           (last (car (last path)))
           (running (and last (equal (gethash "state" last) "running") last))
           (path (if running (butlast path) path))
           (shown (askd-page-shown page))
           (known (askd-page--common shown path)))
      (cond
       ((and (not sent) (askd-page--is-edited page text)) nil)
       ((and (not sent) running (= known (length path) (length shown))
             (equal (askd-page-running page) (gethash "id" running)))
        t)
       (t
        (when sent
          (setq known (min known (car sent))))
        (pcase-let* ((`(,from . ,to) (askd-page--region page known text sent))
                     (above (askd-page--written (nthcdr known path) running)))
          (when (and system (null shown))
            (setq from (point-min)
                  above (concat (askd-turns-of-instructions system) "\n\n" above)))
          (askd-page--put page from to above
                          (and sent (concat askd-page--draft (askd-turns-escaped (cdr sent))))
                          running))
        ;; What is known of a message is kept.
        (setf (askd-page-shown page) (append (cl-subseq shown 0 known) (nthcdr known path))
              (askd-page-running page) (and running (gethash "id" running)))
        t)))))

(defun askd-page-flow-place (page)
  "Where the text of the running answer of PAGE begins."
  (askd-page--in page
    (let ((row (askd-page--row (askd-page-flow page))))
      (and row (save-excursion (goto-char row) (forward-line 2) (point))))))

(defun askd-page-has-flow (page)
  "Whether the heading of the running answer still stands on PAGE.
Below another, its text would be the user's."
  (askd-page--in page
    (let ((row (askd-page--row (askd-page-flow page))))
      (and row (save-excursion (goto-char row) (looking-at-p "## assistant"))))))

;;; Remarks

(defun askd-page--remark (page pos text)
  "Show TEXT behind the line at POS of PAGE."
  (save-excursion
    (goto-char pos)
    (let ((overlay (make-overlay (line-beginning-position) (line-end-position))))
      (overlay-put overlay 'after-string (propertize text 'face 'askd-remark))
      (push overlay (askd-page-remarks page)))))

(defun askd-page-remark (page by-turn below-draft)
  "Show remarks on PAGE: the texts BY-TURN behind headings, nil for none.
The texts BELOW-DRAFT stand below the heading of the draft."
  (askd-page--in page
    (mapc #'delete-overlay (askd-page-remarks page))
    (setf (askd-page-remarks page) nil)
    (let ((text (askd-page-read page)))
      (cl-loop for remark in by-turn
               for turn in (cl-subseq (askd-page--text-turns text) 0 (askd-page--text-settled text))
               when remark do (askd-page--remark page (askd-turn-beg turn) remark)))
    (when below-draft
      (askd-page--remark page (askd-page--row (askd-page-tail page))
                         (mapconcat (lambda (line) (concat "\n" line)) below-draft "")))))

(provide 'askd-page)

;;; askd-page.el ends here
