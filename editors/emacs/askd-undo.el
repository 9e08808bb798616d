;;; askd-undo.el --- Changes that are no step of undo  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; What comes from the daemon into a buffer where the user writes too is no step of undo, and what the user wrote can be
;; undone as before: the places that `buffer-undo-list' remembers move with the text.

;;; Code:

(require 'cl-lib)

(defun askd-undo--moved (pos at removed delta is-end)
  "POS after REMOVED characters at AT made way for DELTA more.
What begins at AT comes behind the new text, what has its end there (IS-END)
stays before it.  Throw `askd-undo-gone' where POS stood in what was removed."
  (let ((where (abs pos)))
    (cond
     ((or (< where at) (and (= where at) (or is-end (> removed 0)))) pos)
     ((< where (+ at removed)) (throw 'askd-undo-gone nil))
     ((< pos 0) (- pos delta))
     (t (+ pos delta)))))

(defun askd-undo--entry (entry move)
  "ENTRY of `buffer-undo-list' with its places moved.
MOVE is called with each, and whether it is an end."
  (pcase entry
    ((pred integerp) (funcall move entry nil))
    (`(,(and beg (pred integerp)) . ,(and end (pred integerp)))
     (cons (funcall move beg nil) (funcall move end t)))
    (`(,(and text (pred stringp)) . ,(and pos (pred integerp)))
     (cons text (funcall move pos nil)))
    (`(nil ,property ,value ,beg . ,end)
     `(nil ,property ,value ,(funcall move beg nil) . ,(funcall move end t)))
    (`(apply ,(and delta (pred integerp)) ,beg ,end . ,call)
     `(apply ,delta ,(funcall move beg nil) ,(funcall move end t) . ,call))
    (_ entry)))

(defun askd-undo-move (list at removed inserted)
  "LIST, of `buffer-undo-list', once text at AT was replaced.
REMOVED and INSERTED are how many characters that were.  What reached into the
text that is gone, and all that is older, cannot be undone any more."
  (if (eq list t)
      t
    (let* ((delta (- inserted removed))
           (move (lambda (pos is-end) (askd-undo--moved pos at removed delta is-end)))
           kept)
      (catch 'askd-undo-gone
        (dolist (entry list)
          (push (askd-undo--entry entry move) kept)))
      (nreverse kept))))

(defun askd-undo-replace (beg end text)
  "Put TEXT in the place of what is between BEG and END; not a step of undo."
  (let ((recorded buffer-undo-list) (inhibit-read-only t))
    (let ((buffer-undo-list t))
      (save-excursion
        (goto-char beg)
        (delete-region beg end)
        (insert text)))
    (setq buffer-undo-list (askd-undo-move recorded beg (- end beg) (length text)))))

(provide 'askd-undo)

;;; askd-undo.el ends here
