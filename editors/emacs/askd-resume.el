;;; askd-resume.el --- Answers, again  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Answers that were asked for in this folder, running or ended, whoever asked; to be shown again.

;;; Code:

(require 'cl-lib)
(require 'askd-answer)
(require 'askd-client)
(require 'askd-pick)

(defconst askd-resume--conversations 1000
  "How many conversations of this folder are looked at.")

(defun askd-resume--of-folder (answers conversations)
  "Those of ANSWERS that belong to CONVERSATIONS."
  (let ((here (make-hash-table :test #'equal)))
    (cl-loop for c across conversations
             do (puthash (gethash "conversation" c) t here))
    (cl-remove-if-not (lambda (a) (gethash (gethash "conversation" a) here)) answers)))

(defun askd-resume--is-running (answer)
  "Whether ANSWER is being given."
  (equal (gethash "state" answer) "running"))

(defun askd-resume--item (answer)
  "ANSWER, one of answer.list, as an item to choose."
  (let ((preview (string-trim (askd-one-line (gethash "preview" answer)))))
    (make-askd-pick-item :name (if (string-empty-p preview) "(nothing yet)" preview)
                         :value (gethash "answer" answer)
                         :note (format "%-11s %6s  %s" (gethash "state" answer)
                                       (askd-pick-age (gethash "started" answer)) (gethash "model" answer "")))))

(defun askd-resume--show-or-offer (soon answers where)
  "Show the one running of ANSWERS; else, once SOON, offer them.
WHERE tells people where they were looked for.  Those that run come first, each
kind newest first, as the daemon has them."
  (let* ((running (cl-remove-if-not #'askd-resume--is-running answers))
         (items (mapcar #'askd-resume--item
                        (append running (cl-remove-if #'askd-resume--is-running answers) nil))))
    (cond
     ((null items) (askd-tell "no answer runs, or is still kept, %s" where))
     ((= (length running) 1) (askd-resume-open (askd-pick-item-value (car items))))
     (t (funcall soon (lambda ()
                        (let ((id (askd-pick-read "Answer" 'askd-answer items)))
                          (when id
                            (askd-resume-open id)))))))))

(defun askd-resume-open (id)
  "Show the answer ID, as far as it is and on from there."
  (askd-answer-show (askd-answer-read id)))

;;;###autoload
(defun askd-resume (&optional everywhere)
  "Show an answer of this folder again, as far as it is and on from there.
That is the one that runs; where none does, or several, they are offered, with
those that ended and are still kept.  With a prefix argument EVERYWHERE, those
of all folders, and of no conversation, of which nobody knows a folder."
  (interactive "P")
  (let ((soon (askd-pick-soon "answers"))
        (params (askd-map "directory" (askd-get (askd-context) "cwd") "limit" askd-resume--conversations)))
    (askd-pick-ask "answer.list" nil
                   (lambda (answers)
                     (if everywhere
                         (askd-resume--show-or-offer soon answers "anywhere")
                       (askd-pick-ask
                        "conversation.list" params
                        (lambda (conversations)
                          (askd-resume--show-or-offer
                           soon (askd-resume--of-folder answers conversations)
                           (substitute-command-keys
                            "in this folder: \\[universal-argument] \\[askd-resume] looks everywhere")))))))))

(provide 'askd-resume)

;;; askd-resume.el ends here
