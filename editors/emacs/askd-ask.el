;;; askd-ask.el --- Ask about a region -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; The answer streams into a buffer beside.  The question is asked in a conversation, so that it is answered to its end
;; whatever becomes of this Emacs.

;;; Code:

(require 'askd-answer)
(require 'askd-base)
(require 'askd-client)
(require 'askd-locate)
(require 'askd-material)

(declare-function askd-pick-with-options "askd-pick" (conversations then))

(defvar askd-ask-extend-functions nil
  "Functions that add what else goes with a question.
They are called in the buffer it is asked from, with its params.")

(defun askd-ask--input (words buffer range)
  "What a prompt of the library takes: WORDS, and the RANGE of BUFFER.
It is as what is piped into `ask' behind them."
  (let ((text (and range (with-current-buffer buffer
                           (buffer-substring-no-properties (car range) (cdr range))))))
    (cond ((null text) words)
          ((string-blank-p words) text)
          (t (concat words "\n\n" text)))))

(defun askd-ask-params (asked buffer range)
  "The params of `chat' for what was ASKED about the RANGE of BUFFER.
ASKED is a plist with :words, and :model, :prompt and :conversation or
nil; RANGE a cons of positions, or nil."
  (let* ((prompt (plist-get asked :prompt))
         (words (plist-get asked :words))
         (params (askd-map "model" (or (plist-get asked :model) askd-model)
                           "conversation" (or (plist-get asked :conversation)
                                              (buffer-local-value 'askd-conversation buffer)
                                              "new")
                           "context" (with-current-buffer buffer (askd-context)))))
    (cond
     (prompt
      (puthash "template" prompt params)
      (puthash "prompt" (askd-ask--input words buffer range) params))
     (t
      (puthash "prompt" words params)
      (when range
        (puthash "attachments" (vector (askd-material-range buffer (car range) (cdr range))) params))))
    params))

(defun askd-ask-about (asked buffer range)
  "Ask what was ASKED about the RANGE of BUFFER, as `askd-ask-params' has it.
Return the buffer of the answer."
  (let ((params (askd-ask-params asked buffer range)))
    (with-current-buffer buffer
      (run-hook-with-args 'askd-ask-extend-functions params)
      (askd-answer-ask params))))

(defun askd-region ()
  "The region in a cons, where it is active and not empty."
  (when (use-region-p)
    (cons (region-beginning) (region-end))))

(defun askd-ask--markers (range)
  "RANGE as markers, which stay where its text is."
  (and range (cons (copy-marker (car range)) (copy-marker (cdr range) t))))

(defun askd-read-asked (label options conversations range fn)
  "Read what is asked, with LABEL, and call FN with a plist of it.
It is what `askd-ask-params' takes.  With OPTIONS a model, a prompt and, where
CONVERSATIONS, a conversation are read first.  Without words a prompt is
enough if there is a RANGE."
  (let ((buffer (current-buffer)))
    (cl-flet ((ask (asked)
                (let ((words (read-string (if (plist-get asked :prompt)
                                              (format "%s with %s (optional words): " label (plist-get asked :prompt))
                                            (concat label ": ")))))
                  (when (and (string-blank-p words) (not (and range (plist-get asked :prompt))))
                    (user-error "There is nothing to ask"))
                  (when (buffer-live-p buffer)
                    (with-current-buffer buffer
                      (funcall fn (plist-put asked :words words)))))))
      (cond (options (require 'askd-pick)
                     (askd-pick-with-options conversations #'ask))
            (t (ask nil))))))

;;;###autoload
(defun askd-ask (options)
  "Ask about the region, or just ask.
The answer streams into a buffer beside.  From within that buffer the
question goes on in its conversation.  With a prefix argument, OPTIONS, a
model, a prompt of the library and a conversation are read first."
  (interactive "P")
  (let ((buffer (current-buffer))
        (range (askd-ask--markers (askd-region))))
    (askd-read-asked "Ask" options t range
                     (lambda (asked) (askd-ask-about asked buffer range)))))

(provide 'askd-ask)
;;; askd-ask.el ends here
