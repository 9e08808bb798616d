;;; askd-sink.el --- An answer that streams into a buffer -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; A *sink* is a place in a buffer, between two markers, into which the text of one answer goes.  Text is put in at most
;; once in `askd-sink--pause' seconds, and at most `askd-sink--most' characters of it, however fast it comes: Emacs is
;; never held up.  What a model writes is data: it is inserted, and nothing of it is ever carried out.

;;; Code:

(require 'askd-base)
(require 'askd-undo)
(require 'askd-msgpack)

(defconst askd-sink--pause 0.03 "Seconds between two pieces of text.")
(defconst askd-sink--most (* 16 1024) "Characters of one piece.")

(defface askd-note '((t :inherit shadow))
  "What is told beside the text of an answer."
  :group 'askd)

(cl-defstruct (askd-sink (:constructor askd-sink--make (buffer how)))
  "See `askd-sink-into'.
STATE is `waiting', `thinking', `running', `failed' or `done'; NOTE what is
shown instead of it, with FACE.  PENDING are pieces of text that are not in
the buffer yet, CR one that may be half of a line end."
  buffer how (state 'waiting) note face
  first last label
  pending cr timer has-text ending closed
  answer model)

(defun askd-sink--how (sink key)
  "What SINK was told for KEY."
  (plist-get (askd-sink-how sink) key))

(defun askd-sink-into (buffer at &rest how)
  "A sink in BUFFER AT a position, or at its `end'.
HOW is a plist: :on-start is called with the start event and the
answer's id, :on-text with each piece of text that was put in, :on-end
with an error and a result.  With :quiet nothing is shown beside the
text.  With :unmoved windows do not follow the text where they show its
end.  With :keep-modified the buffer is as modified as it was, and
with :unrecorded the text is no step of undo.  :in-place is a function
that tells whether the place is still the text's: what comes when it is
not is left out."
  (let ((sink (askd-sink--make buffer how)))
    (with-current-buffer buffer
      (let ((at (if (eq at 'end) (point-max) at)))
        (setf (askd-sink-first sink) (copy-marker at)
              (askd-sink-last sink) (copy-marker at t))))
    (askd-sink--show sink)
    sink))

(defun askd-sink-live-p (sink)
  "Whether the buffer of SINK is there."
  (buffer-live-p (askd-sink-buffer sink)))

(defun askd-sink--in-place-p (sink)
  "Whether the text of SINK can go into its buffer."
  (and (askd-sink-live-p sink)
       (marker-position (askd-sink-last sink))
       (let ((in-place (askd-sink--how sink :in-place)))
         (or (not in-place) (funcall in-place)))))

;;; What is shown beside the text

(defconst askd-sink--labels
  '((waiting . "… waiting") (thinking . "… thinking") (running . "…")))

(defun askd-sink--label-text (sink)
  "What is shown behind the text of SINK."
  (let ((text (if (askd-sink-note sink)
                  (askd-one-line (askd-sink-note sink))
                (alist-get (askd-sink-state sink) askd-sink--labels))))
    (and text (propertize text 'face (or (askd-sink-face sink) 'askd-note)))))

(defun askd-sink--show (sink)
  "Show the state of SINK, or its note, behind the end of the text."
  (when (and (not (askd-sink--how sink :quiet)) (askd-sink--in-place-p sink))
    (let ((text (askd-sink--label-text sink))
          (at (askd-sink-last sink)))
      (unless (askd-sink-label sink)
        (setf (askd-sink-label sink) (make-overlay at at (askd-sink-buffer sink)))
        (overlay-put (askd-sink-label sink) 'askd-label t))
      (move-overlay (askd-sink-label sink) at at)
      (overlay-put (askd-sink-label sink) 'after-string
                   (and text
                        (with-current-buffer (askd-sink-buffer sink)
                          (if (memq (char-before at) '(nil ?\n)) text (concat " " text))))))))

(defun askd-sink--set-state (sink state &optional note face)
  "Set the STATE of SINK, and the NOTE with FACE that is shown for it."
  (unless (and (eq state (askd-sink-state sink)) (equal note (askd-sink-note sink)))
    (setf (askd-sink-state sink) state
          (askd-sink-note sink) note
          (askd-sink-face sink) face)
    (askd-sink--show sink)))

;;; Text

(defun askd-sink--take-text (sink text)
  "Take TEXT for SINK.
Line ends of DOS become ours; the CR of one that is split over two
events is held back."
  (let ((text (concat (askd-sink-cr sink) text)))
    (setf (askd-sink-cr sink) nil)
    (when (string-suffix-p "\r" text)
      (setf (askd-sink-cr sink) "\r")
      (setq text (substring text 0 -1)))
    (unless (equal text "")
      (askd-sink--add sink (string-replace "\r\n" "\n" text))
      (askd-sink--flush-later sink))))

(defun askd-sink--add (sink text)
  "Add TEXT to what is pending in SINK, in pieces that are not too large."
  (let ((pieces (cl-loop for from from 0 below (length text) by askd-sink--most
                         collect (substring text from (min (length text) (+ from askd-sink--most))))))
    (setf (askd-sink-pending sink) (nconc (askd-sink-pending sink) pieces))))

(defun askd-sink--pop (sink)
  "The next piece of text of SINK, of at most `askd-sink--most' characters."
  (let ((pieces (list (pop (askd-sink-pending sink))))
        (size 0))
    (setq size (length (car pieces)))
    (while (and (askd-sink-pending sink)
                (<= (+ size (length (car (askd-sink-pending sink)))) askd-sink--most))
      (push (pop (askd-sink-pending sink)) pieces)
      (cl-incf size (length (car pieces))))
    (apply #'concat (nreverse pieces))))

(defun askd-sink--followers (sink)
  "The windows that are taken along with the text of SINK.
They show its end, with the cursor in the last line."
  (unless (or (askd-sink--how sink :unmoved) (< (askd-sink-last sink) (point-max)))
    (let ((last-line (save-excursion (goto-char (point-max)) (line-beginning-position))))
      (cl-remove-if-not (lambda (window) (>= (window-point window) last-line))
                        (get-buffer-window-list (current-buffer) nil t)))))

(defmacro askd-sink--changing (sink &rest body)
  "Carry out BODY, a change to the text of SINK, in its buffer."
  (declare (indent 1) (debug t))
  `(with-current-buffer (askd-sink-buffer ,sink)
     (let ((modified (buffer-modified-p))
           (inhibit-read-only t))
       (save-excursion
         (save-restriction
           (widen)
           ,@body))
       (when (askd-sink--how ,sink :keep-modified)
         (restore-buffer-modified-p modified)))))

(defun askd-sink--put (sink text)
  "Put TEXT at the end of SINK's."
  (let (windows)
    (askd-sink--changing sink
      (setq windows (askd-sink--followers sink))
      (goto-char (askd-sink-last sink))
      (if (askd-sink--how sink :unrecorded)
          (askd-undo-replace (point) (point) text)
        (insert text))
      (dolist (window windows)
        (set-window-point window (point-max))))
    (setf (askd-sink-has-text sink) t)
    (askd-sink--show sink)
    (when windows
      (with-current-buffer (askd-sink-buffer sink)
        (when (eq (window-buffer) (current-buffer))
          (and (memq (selected-window) windows) (goto-char (point-max))))))))

(defun askd-sink--flush (sink)
  "Put the next piece of text of SINK into its buffer."
  (cond ((null (askd-sink-pending sink)))
        ((not (askd-sink--in-place-p sink)) (setf (askd-sink-pending sink) nil))
        (t (let ((text (askd-sink--pop sink)))
             (askd-sink--put sink text)
             (askd-protect (askd-sink--how sink :on-text) text)))))

(defun askd-sink--flush-now (sink)
  "Put in what is due of SINK, and go on later where there is more."
  (setf (askd-sink-timer sink) nil)
  (askd-protect #'askd-sink--flush sink)
  (cond ((askd-sink-pending sink) (askd-sink--flush-later sink))
        ((askd-sink-ending sink) (askd-sink--close sink))))

(defun askd-sink--flush-later (sink)
  "Put in what is pending in SINK soon."
  (unless (askd-sink-timer sink)
    (setf (askd-sink-timer sink)
          (run-at-time askd-sink--pause nil #'askd-sink--flush-now sink))))

(defun askd-sink-void (sink)
  "Take out all that has come into SINK so far."
  (setf (askd-sink-pending sink) nil
        (askd-sink-cr sink) nil)
  (when (and (askd-sink-has-text sink) (askd-sink--in-place-p sink))
    (askd-sink--changing sink
      (if (askd-sink--how sink :unrecorded)
          (askd-undo-replace (askd-sink-first sink) (askd-sink-last sink) "")
        (delete-region (askd-sink-first sink) (askd-sink-last sink))))))

(defun askd-sink--forget (sink)
  "Leave SINK without a place in its buffer."
  (setf (askd-sink-pending sink) nil
        (askd-sink-cr sink) nil)
  (when (askd-sink-label sink)
    (delete-overlay (askd-sink-label sink)))
  (set-marker (askd-sink-first sink) nil)
  (set-marker (askd-sink-last sink) nil))

(defun askd-sink-drop (sink)
  "Put nothing more into SINK; its text stays, and the end is told."
  (askd-sink--forget sink))

(defun askd-sink-abandon (sink)
  "Put nothing more into SINK, and tell nobody.
The buffer is for another answer now."
  (askd-sink--forget sink)
  (setf (askd-sink-how sink) nil
        (askd-sink-closed sink) t))

;;; Events

(defun askd-sink--start (sink event id)
  "Take EVENT, the start of the answer ID, for SINK."
  (setf (askd-sink-answer sink) id
        (askd-sink-model sink) (askd-get event "model"))
  (askd-sink--set-state sink 'waiting)
  (askd-protect (askd-sink--how sink :on-start) event id))

(defun askd-sink--image (sink event)
  "Tell of an image, EVENT, in the text of SINK."
  (askd-sink--take-text
   sink (format "[%s, %d bytes: askctl attach %s]\n" (askd-get event "mime")
                (length (askd-msgpack-bin-bytes (askd-get event "data"))) (or (askd-sink-answer sink) ""))))

(defun askd-sink--retry (sink event)
  "Take the text of SINK out, because of EVENT."
  (askd-sink-void sink)
  (askd-sink--set-state sink 'waiting
                        (format "… %s: asking %s" (or (askd-get event "error" "message") "retry")
                                (askd-get event "model"))))

(defun askd-sink-event (sink event _seq id)
  "Take EVENT of the answer ID, as `askd-stream' gives it, for SINK."
  (unless (askd-sink-closed sink)
    (pcase (askd-get event "type")
      ("start" (askd-sink--start sink event id))
      ("text" (askd-sink--take-text sink (askd-get event "text"))
       (askd-sink--set-state sink 'running))
      ("reasoning" (askd-sink--set-state sink 'thinking))
      ("image" (askd-sink--image sink event))
      ("progress" (askd-sink--set-state sink (askd-sink-state sink)
                                        (format "… %s" (askd-get event "message"))))
      ("retry" (askd-sink--retry sink event)))))

(defun askd-sink--close (sink)
  "All of SINK's text is in: show how it ended, and tell."
  (pcase-let* ((`(,err ,result) (askd-sink-ending sink))
               (reason (askd-get result "finish_reason")))
    (setf (askd-sink-closed sink) t)
    (cond (err (askd-sink--set-state sink 'failed
                                     (format "[%s: %s]" (or (askd-get err "code") "internal")
                                             (or (askd-get err "message") ""))
                                     'error))
          ((and reason (not (equal reason "stop")))
           (askd-sink--set-state sink 'done (format "[ended: %s]" reason) 'warning))
          (t (askd-sink--set-state sink 'done)))
    (askd-protect (askd-sink--how sink :on-end) err result)))

(defun askd-sink-finish (sink err result)
  "The answer of SINK has ended with ERR or RESULT.
What is pending goes in first; the end is told behind that."
  (unless (or (askd-sink-ending sink) (askd-sink-closed sink))
    (setf (askd-sink-ending sink) (list err result))
    (when (askd-sink-cr sink)
      (askd-sink--add sink (askd-sink-cr sink))
      (setf (askd-sink-cr sink) nil))
    (let ((text (askd-get result "text")))
      (unless (or err (null text) (equal text "") (askd-sink-has-text sink) (askd-sink-pending sink))
        (askd-sink--take-text sink text)))
    (askd-sink--flush-later sink)))

(defun askd-sink-handlers (sink)
  "The keyword arguments of `askd-stream' that fill SINK."
  (list :on-event (apply-partially #'askd-sink-event sink)
        :done (apply-partially #'askd-sink-finish sink)
        :on-lost (lambda ()
                   (askd-sink--set-state sink 'waiting "… the daemon is gone: waiting for it" 'warning))
        :on-resumed (lambda () (askd-sink--set-state sink 'waiting))))

(provide 'askd-sink)
;;; askd-sink.el ends here
