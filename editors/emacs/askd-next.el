;;; askd-next.el --- What goes with the next question  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Attachments, and a prompt of the library, that wait for the next question.  Each chat has its own; all other buffers
;; share one.  They are gone once something was asked with them, or with the chat's buffer.

;;; Code:

(require 'cl-lib)
(require 'askd-ask)

(defvar-local askd-chat--view nil
  "The view of a chat's buffer, nil in all others.")

(cl-defstruct (askd-next (:copier nil))
  "What waits: PARTS of a message with their labels, ((LABEL . PART) …), and a PROMPT."
  parts prompt)

(defvar askd-next--elsewhere (make-askd-next)
  "What waits for the next question outside of chats.")

(defvar-local askd-next--chat nil
  "What waits for the next question of this chat.")

(defvar askd-next-change-functions nil
  "Functions that are called with a buffer whenever something waits for it, or not.")

(defun askd-next--here ()
  "What waits for the next question of the current buffer."
  (if askd-chat--view
      (or askd-next--chat (setq askd-next--chat (make-askd-next)))
    askd-next--elsewhere))

(defun askd-next--put (next)
  "Make NEXT what waits for the next question of the current buffer."
  (if askd-chat--view
      (setq askd-next--chat next)
    (setq askd-next--elsewhere next))
  (askd-next--changed))

(defun askd-next--changed ()
  "Tell that something waits, or not."
  (run-hook-with-args 'askd-next-change-functions (current-buffer)))

(defun askd-next-add (label part)
  "Have PART of a message, LABEL to people, go with the next question from here."
  (let ((next (askd-next--here)))
    (setf (askd-next-parts next) (append (askd-next-parts next) (list (cons label part)))))
  (askd-next--changed))

(defun askd-next-set-prompt (name)
  "Have the next question from here go by the prompt NAME; nil: by none."
  (setf (askd-next-prompt (askd-next--here)) name)
  (askd-next--changed))

(defun askd-next-labels ()
  "What waits for the next question from here, as lines for people."
  (let ((next (askd-next--here)))
    (append (and (askd-next-prompt next) (list (concat "prompt: " (askd-next-prompt next))))
            (mapcar (lambda (part) (concat "attached: " (car part))) (askd-next-parts next)))))

(defun askd-next-waiting-prompt ()
  "The prompt that waits for the next question from here; nil: none."
  (askd-next-prompt (askd-next--here)))

(defun askd-next-attached ()
  "The labels of the parts that go with the next question from here."
  (mapcar #'car (askd-next-parts (askd-next--here))))

(defun askd-next-remove (&optional label)
  "Take off the part of that LABEL; without, all.  Return how many that were."
  (let* ((next (askd-next--here))
         (before (askd-next-parts next))
         (kept (and label (cl-remove label before :key #'car :test #'equal))))
    (setf (askd-next-parts next) kept)
    (askd-next--changed)
    (- (length before) (length kept))))

(defun askd-next-take ()
  "Hand over what waits here, an `askd-next'; nothing waits any more."
  (prog1 (askd-next--here)
    (askd-next--put (make-askd-next))))

(defun askd-next-give-back (taken)
  "Have TAKEN wait here again, for a question that was refused.
What was attached since stays behind it."
  (let ((since (askd-next--here)))
    (askd-next--put (make-askd-next :parts (append (askd-next-parts taken) (askd-next-parts since))
                                    :prompt (or (askd-next-prompt since) (askd-next-prompt taken))))))

(defun askd-next-extend (params)
  "Add what waits here to PARAMS of a question; nothing waits any more."
  (let ((taken (askd-next-take)))
    (when (askd-next-parts taken)
      (puthash "attachments"
               (vconcat (gethash "attachments" params) (mapcar #'cdr (askd-next-parts taken)))
               params))
    (when (and (askd-next-prompt taken) (not (gethash "template" params)))
      (puthash "template" (askd-next-prompt taken) params))))

(add-hook 'askd-ask-extend-functions #'askd-next-extend)

(provide 'askd-next)

;;; askd-next.el ends here
