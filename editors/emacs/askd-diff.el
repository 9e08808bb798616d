;;; askd-diff.el --- A change that is shown before it is made -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; A *change* to some lines of a buffer: those that would go are marked, those that would come stand below them as text of
;; overlays.  The buffer's text stays as it is until the change is accepted, which is one step of undo.  The lines are
;; found again by markers, so that edits elsewhere in the buffer do not matter; edits to the lines themselves make it
;; unacceptable, and readable still.
;;
;; A change is `writing', then `ready' or `failed', and at last `over'.

;;; Code:

(require 'askd-base)
(require 'askd-lines)
(require 'diff-mode) ; its faces

(declare-function ediff-buffers "ediff" (buffer-a buffer-b &optional startup-hooks job-name))

(defconst askd-diff--share 20 "The time between two drawings, in times of what one takes.")
(defconst askd-diff--live-max 1200 "Lines, old and new, that are compared while they are written.")
(defconst askd-diff--shown-max 200 "Lines in one place that are shown: Emacs does not scroll within them.")

(defface askd-removed '((t :inherit diff-removed :extend t))
  "Lines that a change would take out."
  :group 'askd)

(defface askd-added '((t :inherit diff-added :extend t))
  "Lines that a change would put in."
  :group 'askd)

(cl-defstruct (askd-change (:constructor askd-change--make))
  "See the commentary.
OLD is its text as it was, NEW a vector of the lines that are to be there.
TITLE, ON-END and STOP are as in `askd-change-open'."
  buffer first last old (new []) (state 'writing)
  title on-end stop overlays (not-before 0.0))

(defvar-local askd-changes nil "The changes that are shown in this buffer.")
;; A buffer that is read anew has its marks and text still.
(put 'askd-changes 'permanent-local t)
(put 'askd-diff--reject-all 'permanent-local-hook t)

;;; Where it is

(defun askd-change-range (change)
  "Where the lines of CHANGE are now, in a cons."
  (cons (marker-position (askd-change-first change)) (marker-position (askd-change-last change))))

(defun askd-change-live-p (change)
  "Whether CHANGE is shown in a buffer."
  (and (not (eq (askd-change-state change) 'over))
       (buffer-live-p (askd-change-buffer change))))

(defmacro askd-diff--in (change &rest body)
  "Carry out BODY in all of the buffer of CHANGE."
  (declare (indent 1) (debug t))
  `(with-current-buffer (askd-change-buffer ,change)
     (save-excursion
       (save-restriction
         (widen)
         ,@body))))

(defun askd-change-intact-p (change)
  "Whether the lines of CHANGE are as they were."
  (askd-diff--in change
    (pcase-let ((`(,first . ,last) (askd-change-range change)))
      (and (<= first last)
           (equal (askd-change-old change) (buffer-substring-no-properties first last))))))

;;; Drawing

(defun askd-diff--overlay (change from to &rest properties)
  "Show something of CHANGE at FROM up to TO, by the PROPERTIES of an overlay."
  (let ((overlay (make-overlay from to)))
    (push overlay (askd-change-overlays change))
    (overlay-put overlay 'askd-change change)
    (overlay-put overlay 'priority 200)
    (while properties
      (overlay-put overlay (pop properties) (pop properties)))
    overlay))

(defun askd-diff--clear (change)
  "Show nothing of CHANGE."
  (mapc #'delete-overlay (askd-change-overlays change))
  (setf (askd-change-overlays change) nil))

(defun askd-diff--head (change)
  "What is said of CHANGE."
  (let ((title (or (askd-change-title change) "rewrite")))
    (pcase (askd-change-state change)
      ('writing (if (askd-diff--comparable-p change)
                    (format "%s: being written …" title)
                  (format "%s: being written … %d lines" title (length (askd-change-new change)))))
      ('ready (substitute-command-keys (format "%s: \\[askd-accept] or \\[askd-reject]" title)))
      (_ (substitute-command-keys (format "%s: it is not whole; \\[askd-reject]" title))))))

(defun askd-diff--hunks (change)
  "The hunks of CHANGE, and whether the last one is open, in a cons.
It is where the text is being written: what has not come yet is not taken for
deleted."
  (let* ((old (askd-lines-of (askd-change-old change)))
         (hunks (askd-lines-hunks old (askd-change-new change)))
         (last (car (last hunks))))
    (cons hunks (and last
                     (not (eq (askd-change-state change) 'ready))
                     (>= (+ (nth 0 last) (nth 1 last)) (length old))))))

(defun askd-diff--added (change first count)
  "COUNT lines that come with CHANGE, from its line FIRST on, as they are shown."
  (let ((lines (cl-loop for i from first below (+ first (min count askd-diff--shown-max))
                        collect (propertize (concat (aref (askd-change-new change) i) "\n") 'face 'askd-added))))
    (apply #'concat
           (append lines
                   (when (> count askd-diff--shown-max)
                     (list (propertize (format "… and %d lines more\n" (- count askd-diff--shown-max))
                                       'face 'shadow)))))))

(defun askd-diff--draw-hunk (change hunk open)
  "Show HUNK of CHANGE, which may be OPEN.  Point is at its first line."
  (pcase-let ((`(,_ ,old-count ,new-first ,new-count) hunk)
              (start (point))
              (limit (marker-position (askd-change-last change))))
    (forward-line old-count)
    (let ((end (min (point) (max start limit))))
      (when (and (> end start) (not open))
        (askd-diff--overlay change start end 'face 'askd-removed))
      (when (> new-count 0)
        (let ((text (askd-diff--added change new-first new-count)))
          (askd-diff--overlay change end end 'before-string
                              (if (or (= end (point-min)) (eq (char-before end) ?\n))
                                  text
                                ;; Below a last line that does not end.
                                (concat "\n" (substring text 0 -1)))))))))

(defun askd-diff--draw-hunks (change)
  "Show what differs in CHANGE."
  (pcase-let ((`(,hunks . ,open) (askd-diff--hunks change))
              (line 0))
    (goto-char (askd-change-first change))
    (while hunks
      (let ((hunk (pop hunks)))
        (forward-line (- (car hunk) line))
        (setq line (+ (car hunk) (nth 1 hunk)))
        (askd-diff--draw-hunk change hunk (and open (null hunks)))))))

(defun askd-diff--comparable-p (change)
  "Whether it is shown by now what differs in CHANGE."
  (or (not (eq (askd-change-state change) 'writing))
      (<= (+ (cl-count ?\n (askd-change-old change)) (length (askd-change-new change)))
          askd-diff--live-max)))

(defun askd-diff--draw (change)
  "Show CHANGE as it stands."
  (when (askd-change-live-p change)
    (askd-diff--in change
      (askd-diff--clear change)
      (goto-char (askd-change-first change))
      (let ((end (line-end-position)))
        (askd-diff--overlay change end end 'after-string
                            (propertize (concat "  " (askd-diff--head change)) 'face
                                        (if (eq (askd-change-state change) 'failed) 'error 'shadow))))
      (when (askd-diff--comparable-p change)
        (askd-diff--draw-hunks change)))))

;;; What becomes of it

(cl-defun askd-change-open (buffer start end &key title on-end stop)
  "A change to the lines of BUFFER from START to END; nothing is known of it yet.
TITLE says what it is.  ON-END is called with `accepted' or `rejected', STOP to
end what still writes it."
  (with-current-buffer buffer
    (save-restriction
      (widen)
      (let* ((first (save-excursion (goto-char start) (line-beginning-position)))
             (last (save-excursion (goto-char end)
                                   (if (and (bolp) (> end first)) (point) (min (point-max) (1+ (line-end-position))))))
             (change (askd-change--make :buffer buffer :title title :on-end on-end :stop stop
                                        :first (copy-marker first t) :last (copy-marker last)
                                        :old (buffer-substring-no-properties first last))))
        (push change askd-changes)
        (add-hook 'kill-buffer-hook #'askd-diff--reject-all nil t)
        (askd-diff--draw change)
        change))))

(defun askd-diff--with-ends (old new)
  "NEW, a vector of lines, with the line ends of OLD, a text.
Where that has some of DOS which Emacs shows, a line that stays has its own, any
other that of most."
  (let ((ends (make-hash-table :test #'equal))
        (lines (askd-lines-of old))
        (dos 0))
    (seq-doseq (line lines)
      (cond ((string-suffix-p "\r" line)
             (cl-incf dos)
             (puthash (substring line 0 -1) "\r" ends))
            (t (puthash line "" ends))))
    (if (= dos 0)
        new
      (let ((default (if (> (* 2 dos) (length lines)) "\r" "")))
        (vconcat (mapcar (lambda (line) (concat line (gethash line ends default))) new))))))

(defun askd-diff--set-text (change text)
  "TEXT is what CHANGE would put there."
  (setf (askd-change-new change) (askd-diff--with-ends (askd-change-old change) (askd-lines-of text))))

(defun askd-change-due-p (change)
  "Whether `askd-change-update' would show anything of CHANGE.
A drawing that takes long is not made for each piece."
  (and (eq (askd-change-state change) 'writing)
       (>= (float-time) (askd-change-not-before change))))

(defun askd-change-update (change text)
  "TEXT is what CHANGE has so far."
  (when (askd-change-due-p change)
    (let ((began (float-time)))
      (askd-diff--set-text change text)
      (askd-diff--draw change)
      (setf (askd-change-not-before change)
            (+ (float-time) (* askd-diff--share (- (float-time) began)))))))

(defun askd-change-finish (change text)
  "TEXT is all of CHANGE: from now on it can be accepted."
  (when (eq (askd-change-state change) 'writing)
    (setf (askd-change-state change) 'ready)
    (askd-diff--set-text change text)
    (askd-diff--draw change)))

(defun askd-change-fail (change)
  "What there is of CHANGE is not whole; it stays to be read."
  (when (eq (askd-change-state change) 'writing)
    (setf (askd-change-state change) 'failed)
    (askd-diff--draw change)))

(defun askd-diff--over (change what)
  "End CHANGE, which was WHAT."
  (unless (eq (askd-change-state change) 'over)
    (setf (askd-change-state change) 'over)
    (when (buffer-live-p (askd-change-buffer change))
      (with-current-buffer (askd-change-buffer change)
        (askd-diff--clear change)
        (setq askd-changes (delq change askd-changes))))
    (askd-protect (askd-change-on-end change) what)))

(defun askd-change-reject (change)
  "Leave all as it is, and show nothing of CHANGE any more."
  (when (eq (askd-change-state change) 'writing)
    (askd-protect (askd-change-stop change)))
  (askd-diff--over change 'rejected))

(defun askd-diff--reject-all ()
  "This buffer ends, and what is written for it too."
  (unless (buffer-base-buffer) ; of an indirect one, that shows them still
    (mapc #'askd-change-reject (copy-sequence askd-changes))))

(defun askd-diff--new-text (change hunk)
  "What HUNK of CHANGE puts in."
  (pcase-let ((`(,_ ,_ ,first ,count) hunk))
    (mapconcat (lambda (line) (concat line "\n"))
               (substring (askd-change-new change) first (+ first count)) "")))

(defun askd-diff--apply-hunk (change hunk)
  "Put HUNK of CHANGE in.  Point is at the first of its lines."
  (let ((start (point))
        (text (askd-diff--new-text change hunk))
        (open-line (and (> (point) (point-min)) (not (bolp)))))
    (when (> (nth 1 hunk) 0)
      (forward-line (nth 1 hunk)))
    (let ((ends (or (bolp) (= start (point)))))
      (delete-region start (point))
      ;; A last line without an end stays one.
      (cond (open-line (insert "\n" (string-remove-suffix "\n" text)))
            (ends (insert text))
            ((not (equal text "")) (insert (string-remove-suffix "\n" text)))
            ((> start (point-min)) (delete-char -1))))))

(defun askd-change-apply (change)
  "Put the lines of CHANGE in, as one step of undo."
  (askd-diff--in change
    (let ((hunks (car (askd-diff--hunks change)))
          (group (prepare-change-group))
          (first (marker-position (askd-change-first change)))
          done)
      (undo-boundary)
      (unwind-protect
          (progn
            (activate-change-group group)
            ;; From the last hunk to the first, so that the lines before it are where they were.
            (dolist (hunk (nreverse hunks))
              (goto-char first)
              (forward-line (car hunk))
              (askd-diff--apply-hunk change hunk))
            (setq done t))
        (if (not done)
            (cancel-change-group group)
          (undo-amalgamate-change-group group)
          (accept-change-group group)))
      (undo-boundary))))

(defun askd-change-accept (change)
  "Make CHANGE, or return why it cannot be made."
  (let ((buffer (askd-change-buffer change)))
    (cond
     ((eq (askd-change-state change) 'writing)
      "It is still being written: wait, or reject it")
     ((eq (askd-change-state change) 'failed)
      "It is not whole, so it cannot be accepted: reject it, and ask again")
     ((buffer-local-value 'buffer-read-only buffer) "The buffer is read-only")
     ((not (askd-change-intact-p change))
      "Its lines were edited meanwhile, so it does not fit any more: undo that, or reject it")
     (t (askd-diff--clear change)
        (askd-change-apply change)
        (askd-diff--over change 'accepted)
        nil))))

;;; Commands

(defun askd-change-at-point ()
  "The change that a command means: the one at point, or the only one."
  (let ((here (cl-find-if (lambda (change)
                            (pcase-let ((`(,first . ,last) (askd-change-range change)))
                              (<= first (point) last)))
                          askd-changes)))
    (cond (here here)
          ((null askd-changes) (user-error "There is no change to accept or reject here"))
          ((cdr askd-changes)
           (user-error "There are %d changes: move to one" (length askd-changes)))
          (t (car askd-changes)))))

;;;###autoload
(defun askd-accept ()
  "Make the change that is shown at point, as one step of undo."
  (interactive)
  (let ((fault (askd-change-accept (askd-change-at-point))))
    (when fault
      (user-error "%s" fault))))

;;;###autoload
(defun askd-reject ()
  "Leave all as it is, and show the change at point no more.
One that is still being written is ended."
  (interactive)
  (askd-change-reject (askd-change-at-point)))

(defun askd-diff--after-ediff (change other)
  "Ediff has ended, for which OTHER was the buffer with CHANGE made."
  (kill-buffer other)
  (when (askd-change-live-p change)
    (if (askd-change-intact-p change)
        (askd-diff--draw change)
      (askd-diff--over change 'accepted))))

(defun askd-diff--changed-copy (change)
  "A buffer like that of CHANGE, with it made."
  (let* ((buffer (askd-change-buffer change))
         (other (generate-new-buffer (format "*askd: %s of %s*" (or (askd-change-title change) "rewrite")
                                             (buffer-name buffer))))
         (text (with-current-buffer buffer
                 (save-restriction (widen) (buffer-substring-no-properties (point-min) (point-max)))))
         (mode (buffer-local-value 'major-mode buffer))
         (copy (copy-askd-change change)))
    (with-current-buffer other
      (insert text)
      (setf (askd-change-buffer copy) other
            (askd-change-first copy) (copy-marker (askd-change-first change))
            (askd-change-overlays copy) nil)
      (set-marker (askd-change-first copy) (marker-position (askd-change-first change)) other)
      (askd-change-apply copy)
      (delay-mode-hooks (funcall mode))
      (set-buffer-modified-p nil))
    other))

;;;###autoload
(defun askd-ediff ()
  "Go through the change at point in ediff.
What is copied from the other buffer is taken; when ediff ends and nothing was,
the change is shown as before."
  (interactive)
  (let ((change (askd-change-at-point)))
    (unless (eq (askd-change-state change) 'ready)
      (user-error "It is not whole"))
    (unless (askd-change-intact-p change)
      (user-error "Its lines were edited meanwhile"))
    (require 'ediff)
    (let ((other (askd-diff--changed-copy change)))
      (askd-diff--clear change)
      (ediff-buffers (askd-change-buffer change) other
                     (list (lambda ()
                             (add-hook 'ediff-quit-hook
                                       (lambda () (askd-diff--after-ediff change other))
                                       t t)))))))

(provide 'askd-diff)
;;; askd-diff.el ends here
