;;; askd-status.el --- askd in the mode line  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Model, what runs, tokens and cost of today, in the mode line.  It shows what was told last and never waits; it is asked
;; for anew every few seconds while the mode is on and Emacs is used, and when something begins or ends.

;;; Code:

(require 'cl-lib)
(require 'askd-answer)
(require 'askd-client)
(require 'askd-next)

(defconst askd-status--seconds 3
  "How often it is asked for.")

(defvar askd-status--told nil
  "The last result of `status'; nil: none, or the daemon is gone.")

(defvar askd-status--asking nil
  "Whether a `status' is on its way.")

(defvar askd-status--timer nil
  "What asks every few seconds.")

(defvar askd-chat-model)

(defvar askd-status--phase 'idle
  "The phase of the connection when it was last looked at.")

(defun askd-status--look ()
  "Look at the phase of the connection; `down' also where there is no socket.
No daemon is started for the sake of a mode line."
  (let* ((state (askd-state)) (phase (plist-get state :phase)))
    (setq askd-status--phase
          (if (and (eq phase 'idle) (not (file-exists-p (plist-get state :socket)))) 'down phase))))

(defun askd-status--ask ()
  "Ask for what there is to tell, unless that is on its way."
  (when (and (memq (askd-status--look) '(ready idle)) (not askd-status--asking))
    (setq askd-status--asking t)
    (let ((askd-client-start nil))
      (askd-request "status" nil
                    (lambda (_err result)
                      (setq askd-status--asking nil
                            askd-status--told result)
                      (force-mode-line-update t))))))

(defun askd-status--count (n)
  "N in few characters."
  (cond
   ((>= n 1000000) (format "%.1fM" (/ n 1000000.0)))
   ((>= n 1000) (format "%.1fk" (/ n 1000.0)))
   (t (number-to-string n))))

(defun askd-status--today (today)
  "What was used TODAY, as words."
  (let* ((tokens (+ (gethash "input_tokens" today 0) (gethash "output_tokens" today 0)))
         (words (append (and (> tokens 0) (list (concat (askd-status--count tokens) " tokens")))
                        (mapcar (lambda (sum) (format "%.2f %s" (gethash "cost" sum) (gethash "currency" sum)))
                                (gethash "cost" today)))))
    (append (and words (cons (concat "today " (car words)) (cdr words)))
            (and (> (length (gethash "budgets" today)) 0) '("budget!")))))

(defun askd-status-text ()
  "What there is to tell about askd in this buffer, as text for a mode line."
  (let* ((told askd-status--told)
         (here (and (askd-running) t))
         (running (max (if told (gethash "answers" told 0) 0) (if here 1 0)))
         (model (or (bound-and-true-p askd-chat-model) askd-answer-model askd-model
                    (and told (gethash "default_model" told)) ""))
         (words `(,(if (string-empty-p model) "askd" model)
                  ,@(when (eq askd-status--phase 'down) '("no daemon"))
                  ,@(when (> running 0) (list (format "%s%d running" (if here "… " "") running)))
                  ,@(when told (askd-status--today (gethash "today" told))))))
    (replace-regexp-in-string "[[:cntrl:]]" " " (string-replace "%" "%%" (string-join words " · ")))))

(defconst askd-status--construct '(:eval (concat " [" (askd-status-text) "]"))
  "What stands in `global-mode-string'.")

(defun askd-status--touch (&rest _)
  "Something has begun or ended."
  (if (eq (askd-status--look) 'down)
      (setq askd-status--told nil)
    (askd-status--ask))
  (force-mode-line-update t))

;;;###autoload
(define-minor-mode askd-mode-line-mode
  "Show in the mode line the model, what runs, and tokens and cost of today."
  :global t
  :group 'askd
  (when askd-status--timer
    (cancel-timer askd-status--timer)
    (setq askd-status--timer nil))
  (setq global-mode-string (delete askd-status--construct (or global-mode-string '(""))))
  (remove-hook 'askd-state-functions #'askd-status--touch)
  (remove-hook 'askd-running-functions #'askd-status--touch)
  (when askd-mode-line-mode
    (setq global-mode-string (append global-mode-string (list askd-status--construct))
          askd-status--timer (run-at-time 0 askd-status--seconds #'askd-status--ask))
    (add-hook 'askd-state-functions #'askd-status--touch)
    (add-hook 'askd-running-functions #'askd-status--touch))
  (force-mode-line-update t))

(provide 'askd-status)

;;; askd-status.el ends here
