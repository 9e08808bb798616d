;;; askd-lines.el --- What differs between two lists of lines -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; Lines that occur once on either side hold both together, as in Cohen's patience diff; between these the same goes on.
;; It takes time by the number of lines alone, so that it can be done again and again while a text is written.

;;; Code:

(require 'cl-lib)

(defun askd-lines-of (text)
  "The lines of TEXT as a vector, each without its end."
  (vconcat (if (equal text "")
               nil
             (split-string (string-remove-suffix "\n" text) "\n"))))

(defun askd-lines--once (lines from to)
  "A table of the LINES from FROM up to TO that occur there once.
It has the number of each; nil for others."
  (let ((table (make-hash-table :test #'equal :size (* 2 (- to from)))))
    (cl-loop for i from from below to
             for line = (aref lines i)
             do (puthash line (if (eq 'none (gethash line table 'none)) i nil) table))
    table))

(defun askd-lines--rising (pairs)
  "The longest part of PAIRS, of rising cars, whose cdrs rise too."
  (let ((tops (make-vector (length pairs) nil)) ; of each length, the end with the least cdr: (pair . what is before it)
        (most 0))
    (dolist (pair pairs)
      (let ((low 0) (high most))
        (while (< low high)
          (let ((middle (/ (+ low high) 2)))
            (if (< (cdr (car (aref tops middle))) (cdr pair))
                (setq low (1+ middle))
              (setq high middle))))
        (aset tops low (cons pair (and (> low 0) (aref tops (1- low)))))
        (setq most (max most (1+ low)))))
    (and (> most 0) (reverse (aref tops (1- most))))))

(defun askd-lines--anchors (old from to new new-from new-to)
  "Pairs of numbers of lines in OLD and NEW that hold both together.
They are between FROM and TO, and between NEW-FROM and NEW-TO."
  (let ((once (askd-lines--once old from to))
        (once-new (askd-lines--once new new-from new-to)))
    (askd-lines--rising
     (cl-loop for i from from below to
              for line = (aref old i)
              for j = (and (gethash line once) (gethash line once-new))
              when j collect (cons i j)))))

(defun askd-lines--between (old from to new new-from new-to)
  "The hunks between the lines FROM and TO of OLD, NEW-FROM and NEW-TO of NEW."
  (while (and (< from to) (< new-from new-to) (equal (aref old from) (aref new new-from)))
    (cl-incf from)
    (cl-incf new-from))
  (while (and (< from to) (< new-from new-to) (equal (aref old (1- to)) (aref new (1- new-to))))
    (cl-decf to)
    (cl-decf new-to))
  (if (or (= from to) (= new-from new-to))
      (and (or (< from to) (< new-from new-to))
           (list (list from (- to from) new-from (- new-to new-from))))
    (let ((anchors (askd-lines--anchors old from to new new-from new-to)))
      (if (null anchors)
          (list (list from (- to from) new-from (- new-to new-from)))
        (append
         (cl-loop for (i . j) in anchors
                  append (askd-lines--between old from i new new-from j)
                  do (setq from (1+ i) new-from (1+ j)))
         (askd-lines--between old from to new new-from new-to))))))

(defun askd-lines-hunks (old new)
  "What differs between OLD and NEW, vectors of lines.
Each hunk is a list of its first line in OLD, from 0, how many go, its first
line in NEW, and how many come."
  (askd-lines--between old 0 (length old) new 0 (length new)))

(provide 'askd-lines)
;;; askd-lines.el ends here
