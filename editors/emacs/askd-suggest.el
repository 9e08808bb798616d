;;; askd-suggest.el --- Suggestions at point while one types -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; They are asked for once the keys pause, shown behind point, and put in where they are accepted.
;;
;; A *suggestion* begins where point was when it was asked for.  As long as what was typed since is the beginning of it,
;; the rest is shown and nobody is asked; anything else ends it, at the provider too.  There is at most one.

;;; Code:

(require 'askd-base)
(require 'askd-client)
(require 'askd-material)

(defcustom askd-suggest-delay 0.15
  "Seconds without a key before a suggestion is asked for."
  :type 'number
  :group 'askd)

(defcustom askd-suggest-model nil
  "The model that suggests; nil: the daemon's `complete_model'."
  :type '(choice (const :tag "The daemon's" nil) string)
  :group 'askd)

(defcustom askd-suggest-inhibit-functions '(askd-suggest-popup-p)
  "Functions that tell whether no suggestion is wanted just now.
They are called with no argument in the buffer."
  :type 'hook
  :group 'askd)

(defface askd-suggestion '((t :inherit shadow))
  "A suggestion at point."
  :group 'askd)

(defconst askd-suggest--side-lines 400 "Lines before and behind point that are sent.")
(defconst askd-suggest--side-chars (* 32 1024) "Characters before and behind point; the daemon takes less.")
(defconst askd-suggest--step 64 "What is sent begins at a multiple of so many lines: before point it only grows.")
(defconst askd-suggest--unanswered-max 4 "Requests that were cancelled and are not confirmed.")
(defconst askd-suggest--busy 0.05 "Seconds until it is looked again whether the daemon has caught up.")

(cl-defstruct (askd-suggestion (:constructor askd-suggestion--make))
  "A suggestion that began AT a marker.
TEXT is what came, CALL asks for it until it is DONE.  BEFORE and BEHIND are
what stood beside it in its line."
  buffer at before behind (text "") call done)

(defvar askd-suggest--current nil "The one suggestion.")
(defvar askd-suggest--overlay nil "What shows it.")
(defvar askd-suggest--where nil "The buffer in which it is shown.")
(defvar askd-suggest--timer nil "It asks when it is due.")
(defvar askd-suggest--unanswered 0 "Requests that are not answered.")
(defvar askd-suggest--told nil "Codes of errors; each is told once until a suggestion comes.")

(defvar-local askd-suggest--shown nil "Whether a suggestion is shown in this buffer; its keys are on then.")

(defvar askd-suggest-mode)

;;; Showing

(defun askd-suggest--hide ()
  "Show no suggestion."
  (when askd-suggest--overlay
    (delete-overlay askd-suggest--overlay))
  (when (buffer-live-p askd-suggest--where)
    (with-current-buffer askd-suggest--where
      (setq askd-suggest--shown nil))))

(defun askd-suggest--display (text)
  "Show TEXT behind point.
It is put where the cursor stays before it, and what is behind it moves on."
  (unless askd-suggest--overlay
    (setq askd-suggest--overlay (make-overlay (point) (point)))
    (overlay-put askd-suggest--overlay 'priority 300))
  (move-overlay askd-suggest--overlay (point) (point) (current-buffer))
  (let ((shown (propertize (copy-sequence text) 'face 'askd-suggestion)))
    (put-text-property 0 1 'cursor t shown)
    (overlay-put askd-suggest--overlay 'askd-suggestion text)
    (overlay-put askd-suggest--overlay 'after-string shown))
  (setq askd-suggest--shown t
        askd-suggest--where (current-buffer)))

;;; The one suggestion

(defun askd-suggest--drop ()
  "End the suggestion, at the provider too."
  (askd-suggest--hide)
  (when askd-suggest--current
    (let ((call (askd-suggestion-call askd-suggest--current)))
      (set-marker (askd-suggestion-at askd-suggest--current) nil)
      (setq askd-suggest--current nil)
      (when call
        (askd-call-cancel call)))))

(defun askd-suggest--rest ()
  "What is left of the suggestion behind point.
It is nil where there is none, or it does not fit what was typed."
  (let* ((s askd-suggest--current)
         (at (and s (eq (askd-suggestion-buffer s) (current-buffer)) (marker-position (askd-suggestion-at s)))))
    (when (and at
               (<= at (point) (+ at (length (askd-suggestion-text s))))
               (equal (askd-suggestion-behind s) (buffer-substring-no-properties (point) (line-end-position)))
               (equal (askd-suggestion-before s)
                      (save-excursion
                        (goto-char at)
                        (buffer-substring-no-properties (line-beginning-position) at))))
      (let ((typed (buffer-substring-no-properties at (point)))
            (text (askd-suggestion-text s)))
        (and (string-prefix-p typed text)
             (substring text (length typed)))))))

(defun askd-suggest-popup-p ()
  "Whether there are completions of something else at point."
  (or (bound-and-true-p completion-in-region-mode)
      (bound-and-true-p company-candidates)
      (bound-and-true-p corfu--frame)
      (minibufferp)))

(defun askd-suggest--wanted-p ()
  "Whether a suggestion can be shown at point."
  (and askd-suggest-mode
       (not buffer-read-only)
       (not (region-active-p))
       (not executing-kbd-macro)
       (not (run-hook-with-args-until-success 'askd-suggest-inhibit-functions))))

(defun askd-suggest--update ()
  "Show what is left of the suggestion, where it fits; return that."
  (let ((rest (askd-suggest--rest)))
    (if (and rest (not (equal rest "")) (askd-suggest--wanted-p))
        (askd-suggest--display rest)
      (askd-suggest--hide))
    rest))

;;; Asking

(defun askd-suggest--sides ()
  "The text before and behind point, in a cons."
  (save-restriction
    (widen)
    (let* ((line (1- (line-number-at-pos)))
           (first (* askd-suggest--step (/ (max 0 (- line askd-suggest--side-lines)) askd-suggest--step)))
           (start (max (save-excursion
                         (forward-line (- first line))
                         (point))
                       (- (point) askd-suggest--side-chars)))
           (end (min (save-excursion (forward-line askd-suggest--side-lines) (line-end-position))
                     (+ (point) askd-suggest--side-chars))))
      (cons (buffer-substring-no-properties start (point))
            (buffer-substring-no-properties (point) end)))))

(defun askd-suggest--failed (err)
  "Tell ERR, unless it was told before."
  (let ((code (askd-get err "code")))
    (cond ((equal code "unknown_method")
           (global-askd-suggest-mode -1)
           (dolist (buffer (buffer-list))
             (when (buffer-local-value 'askd-suggest-mode buffer)
               (with-current-buffer buffer
                 (askd-suggest-mode -1))))
           (askd-tell-error (askd-error-map code "this daemon has no `complete': suggestions are off")))
          ((or (equal code "cancelled") (member code askd-suggest--told)))
          (t (push code askd-suggest--told)
             (askd-tell-error err)))))

(defun askd-suggest--take (s text)
  "TEXT is what the suggestion S has now."
  (when (and (eq s askd-suggest--current) (buffer-live-p (askd-suggestion-buffer s)))
    (setf (askd-suggestion-text s) (string-replace "\r\n" "\n" text))
    (when (eq (window-buffer) (askd-suggestion-buffer s))
      (with-current-buffer (askd-suggestion-buffer s)
        (askd-suggest--update)))))

(defun askd-suggest--event (s event)
  "Take EVENT of the suggestion S."
  (pcase (askd-get event "type")
    ("text" (askd-suggest--take s (concat (askd-suggestion-text s) (askd-get event "text"))))
    ("retry" (askd-suggest--take s ""))))

(defun askd-suggest--done (s err result)
  "The suggestion S has ended with ERR or RESULT."
  (cl-decf askd-suggest--unanswered)
  (setf (askd-suggestion-call s) nil
        (askd-suggestion-done s) t)
  (cond (err (askd-suggest--failed err))
        (t (setq askd-suggest--told nil)
           (askd-suggest--take s (or (askd-get result "text") "")))))

(defun askd-suggest--ask-here ()
  "Ask for a suggestion at point."
  (pcase-let ((`(,prefix . ,suffix) (askd-suggest--sides)))
    (unless (and (string-blank-p prefix) (string-blank-p suffix))
      (let ((s (askd-suggestion--make
                :buffer (current-buffer) :at (copy-marker (point))
                :before (buffer-substring-no-properties (line-beginning-position) (point))
                :behind (buffer-substring-no-properties (point) (line-end-position)))))
        (setq askd-suggest--current s)
        (cl-incf askd-suggest--unanswered)
        (setf (askd-suggestion-call s)
              (askd-stream "complete"
                           (askd-map "model" askd-suggest-model "prefix" prefix "suffix" suffix
                                     "language" (askd-material-language (current-buffer))
                                     "buffer" (format "emacs:%d:%s" (emacs-pid) (buffer-name)))
                           :on-event (lambda (event _seq _id) (askd-suggest--event s event))
                           :done (lambda (err result) (askd-suggest--done s err result))))))))

(defun askd-suggest--ask (buffer)
  "Ask for a suggestion, if BUFFER is still the one in which one types."
  (setq askd-suggest--timer nil)
  (when (and (eq buffer (window-buffer)) (buffer-live-p buffer))
    (with-current-buffer buffer
      (when (and (askd-suggest--wanted-p) (not askd-suggest--current))
        (if (or (>= askd-suggest--unanswered askd-suggest--unanswered-max) (askd-congested-p))
            (askd-suggest--ask-later askd-suggest--busy)
          (askd-protect #'askd-suggest--ask-here))))))

(defun askd-suggest--stop-timer ()
  "Ask for nothing."
  (when askd-suggest--timer
    (cancel-timer askd-suggest--timer)
    (setq askd-suggest--timer nil)))

(defun askd-suggest--ask-later (&optional at-least)
  "Ask for a suggestion once the keys pause, for AT-LEAST so many seconds."
  (askd-suggest--stop-timer)
  (setq askd-suggest--timer
        (run-at-time (max askd-suggest-delay (or at-least 0)) nil #'askd-suggest--ask (current-buffer))))

;;; What happens in the editor

(defvar-local askd-suggest--changed nil "Whether this buffer was changed since the last command.")

(defun askd-suggest--note-change (&rest _)
  "Note that this buffer was changed."
  (setq askd-suggest--changed t))

(defun askd-suggest--before-command ()
  "Show nothing during a command, to which it would be text."
  (when askd-suggest--overlay
    (delete-overlay askd-suggest--overlay)))

(defun askd-suggest--after-command ()
  "Follow what was typed.
To look around is not to write."
  (let ((changed askd-suggest--changed))
    (setq askd-suggest--changed nil)
    (unless (and askd-suggest--current
                 (let ((rest (askd-suggest--update)))
                   (and rest (or (not (equal rest ""))
                                 (not (askd-suggestion-done askd-suggest--current))))))
      (askd-suggest--drop)
      (if (and changed (askd-suggest--wanted-p))
          (askd-suggest--ask-later)
        (askd-suggest--stop-timer)))))

(defun askd-suggest--leave (&rest _)
  "Drop the suggestion where one types in another buffer now."
  (when (and askd-suggest--current
             (not (eq (askd-suggestion-buffer askd-suggest--current) (window-buffer))))
    (askd-suggest--stop-timer)
    (askd-suggest--drop)))

;;; Accepting

(defun askd-suggest--accept (length)
  "Put in the rest of the suggestion, up to LENGTH of it, a function."
  (let ((rest (askd-suggest--rest)))
    (unless (and rest (not (equal rest "")))
      (user-error "There is no suggestion"))
    (askd-suggest--hide)
    (undo-boundary)
    (insert (substring rest 0 (funcall length rest)))
    (undo-boundary)))

(defun askd-suggest-accept ()
  "Put in the suggestion."
  (interactive)
  (askd-suggest--accept #'length))

(defun askd-suggest-accept-word ()
  "Put in the next word of the suggestion, with the blanks before it.
Punctuation is a word too."
  (interactive)
  (askd-suggest--accept
   (lambda (rest)
     (if (string-match "\\`[ \t\n]*\\(?:[[:alnum:]_]+\\|[^[:alnum:]_ \t\n]+\\)" rest)
         (match-end 0)
       (length rest)))))

(defun askd-suggest-accept-line ()
  "Put in the rest of the line, or where there is none, the next line."
  (interactive)
  (askd-suggest--accept
   (lambda (rest)
     (string-match "\\`\n?[^\n]*" rest)
     (match-end 0))))

(defun askd-suggest-dismiss ()
  "Show the suggestion no more."
  (interactive)
  (askd-suggest--stop-timer)
  (askd-suggest--drop))

;;; The mode

(defvar askd-suggest-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "TAB") #'askd-suggest-accept)
    (define-key map (kbd "<tab>") #'askd-suggest-accept)
    (define-key map (kbd "M-f") #'askd-suggest-accept-word)
    (define-key map (kbd "M-e") #'askd-suggest-accept-line)
    (define-key map (kbd "C-e") #'askd-suggest-accept-line)
    (define-key map (kbd "C-g") #'askd-suggest-dismiss)
    map)
  "Keys while a suggestion is shown, and only then.")

(defvar askd-suggest--keys (list (cons 'askd-suggest--shown askd-suggest-map))
  "For `emulation-mode-map-alists', which go before those of minor modes.")

(add-to-list 'emulation-mode-map-alists 'askd-suggest--keys)

(defun askd-suggest--stop-here ()
  "Ask for nothing, and show nothing, in this buffer."
  (when (and askd-suggest--current (eq (askd-suggestion-buffer askd-suggest--current) (current-buffer)))
    (askd-suggest-dismiss)))

;;;###autoload
(define-minor-mode askd-suggest-mode
  "Suggestions at point while one types.
While one is shown:
\\{askd-suggest-map}"
  :lighter " Suggest"
  :group 'askd
  (cond
   (askd-suggest-mode
    (setq askd-suggest--told nil)
    (add-hook 'after-change-functions #'askd-suggest--note-change nil t)
    (add-hook 'pre-command-hook #'askd-suggest--before-command nil t)
    (add-hook 'post-command-hook #'askd-suggest--after-command nil t)
    (add-hook 'kill-buffer-hook #'askd-suggest--stop-here nil t)
    (add-hook 'window-selection-change-functions #'askd-suggest--leave)
    (add-hook 'window-buffer-change-functions #'askd-suggest--leave))
   (t
    (remove-hook 'after-change-functions #'askd-suggest--note-change t)
    (remove-hook 'pre-command-hook #'askd-suggest--before-command t)
    (remove-hook 'post-command-hook #'askd-suggest--after-command t)
    (remove-hook 'kill-buffer-hook #'askd-suggest--stop-here t)
    (askd-suggest--stop-here))))

(defun askd-suggest--turn-on ()
  "Turn suggestions on where one writes."
  (unless (or (minibufferp) buffer-read-only (derived-mode-p 'special-mode 'comint-mode))
    (askd-suggest-mode 1)))

;;;###autoload
(define-globalized-minor-mode global-askd-suggest-mode askd-suggest-mode askd-suggest--turn-on
  :group 'askd)

(provide 'askd-suggest)
;;; askd-suggest.el ends here
