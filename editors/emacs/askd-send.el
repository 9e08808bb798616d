;;; askd-send.el --- How a chat's question gets to the daemon  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A question is asked with `detach', so that it outlives this Emacs, and comes back to the view as one that somebody
;; asked.  Until the daemon has taken it, it stays as it was written.

;;; Code:

(require 'cl-lib)
(require 'askd-answer)
(require 'askd-branch)
(require 'askd-client)
(require 'askd-next)
(require 'askd-page)
(require 'askd-view)

(defvar-local askd-chat-model nil
  "The model that this chat asks; nil: `askd-model'.")

(defvar askd-send-adopt-function nil
  "Called with a view and the id of the conversation that its first question began.")

(defun askd-send--params (view wish next model prompt)
  "The params of `chat' for WISH of VIEW, with NEXT attached.
MODEL and PROMPT are of this question alone; nil: those of the chat."
  (let ((parts (append (plist-get wish :parts) (mapcar #'cdr (askd-next-parts next)))))
    (askd-map "conversation" (and (eq (plist-get wish :kind) 'ask)
                                  (or (askd-view-conversation view) (askd-view-begun view) "new"))
              "parent" (plist-get wish :parent)
              "edit" (plist-get wish :edit)
              "regenerate" (plist-get wish :regenerate)
              "prompt" (plist-get wish :prompt)
              "attachments" (and parts (vconcat parts))
              "template" (or prompt (askd-next-prompt next))
              "model" (or model askd-chat-model askd-model)
              "detach" t
              "context" (askd-context))))

(defun askd-send--taken (view map wish)
  "The daemon has taken WISH of VIEW, and MAP is of its answer.
From here on it is one that somebody asked."
  (let ((message (gethash "message" map)) (answer (gethash "answer" map)) (at (plist-get wish :at)))
    (setf (askd-view-sending view) nil
          (askd-view-again view) nil)
    (if (not (gethash "conversation" map))
        (progn
          (askd-tell "conversations are not kept here ([store] keep = none): the answer is shown by itself")
          (askd-answer-show (askd-answer-read answer)))
      (when (equal (gethash "state" map) "running")
        (puthash message answer (askd-view-running view)))
      (let* ((turns (askd-page--text-turns (askd-page-read (askd-view-page view))))
             (turn (nth at turns))
             (typed-on (and (plist-get wish :prompt)
                            (not (and turn (equal (askd-turn-text turn) (plist-get wish :prompt)))))))
        (setf (askd-view-sent view)
              (make-askd-view-sent
               :at at :message message :answer answer
               :unsent (askd-branch-unsent (askd-page-shown (askd-view-page view)) turns
                                           (if typed-on at (1+ at))))))
      (if (askd-view-conversation view)
          (askd-view-refresh view)
        (funcall askd-send-adopt-function view (gethash "conversation" map))))))

(defun askd-send--failed (view err)
  "ERR is why a question of VIEW was not taken: it stays as it was written."
  (setf (askd-view-sending view) nil)
  (set-buffer-modified-p t)
  (askd-tell-error err)
  (when (askd-view-again view)
    (setf (askd-view-again view) nil)
    (askd-view-refresh view)))

(defun askd-send--step (view taken method params next)
  "Ask METHOD with PARAMS for VIEW, and call NEXT with the result.
An error ends it, and TAKEN waits for the next question again."
  (askd-request method params
                       (askd-view-guard view (err result)
                         (if (not err)
                             (funcall next result)
                           (askd-next-give-back taken)
                           (askd-send--failed view err)))))

(defun askd-send--ask (view wish instructions model prompt)
  "Ask WISH of VIEW, with the INSTRUCTIONS of the page, by MODEL and PROMPT."
  (let* ((taken (askd-next-take))
         (chat (lambda ()
                 (askd-send--step
                  view taken "chat" (askd-send--params view wish taken model prompt)
                  (lambda (result)
                    (askd-send--step view taken "answer.get" (askd-map "answer" (gethash "answer" result))
                                     (lambda (map) (askd-send--taken view map wish))))))))
    (setf (askd-view-sending view) t)
    (set-buffer-modified-p nil)
    (if (or (askd-view-conversation view) (askd-view-begun view) (string-empty-p (or instructions "")))
        (funcall chat)
      (askd-send--step view taken "conversation.create" (askd-map "system" instructions)
                       (lambda (result)
                         (setf (askd-view-begun view) (gethash "conversation" result))
                         (funcall chat))))))

(defun askd-send--again (view)
  "What is asked once more where nothing else in VIEW is to be sent."
  (when-let ((shown (askd-page-shown (askd-view-page view))))
    (list :kind 'regenerate :at (length shown) :regenerate (gethash "id" (car (last shown))))))

(defun askd-send--prompt-alone (view text prompt)
  "A prompt of the library asks something without a word, about what is attached.
That is what VIEW with TEXT asks for where PROMPT is given, or one waits."
  (when (or prompt (askd-next-waiting-prompt))
    (let ((last (car (last (askd-page-shown (askd-view-page view))))))
      (list :kind 'ask :prompt "" :parent (and last (gethash "id" last)) :at (askd-page--text-settled text)))))

(defun askd-send--refusal (view text)
  "Why nothing of VIEW, where TEXT stands, can be sent now; nil: it can."
  (let ((instructions (askd-page--text-instructions text)))
    (cond
     ((askd-view-sending view) "the question before is on its way")
     ((askd-view-flow view)
      (substitute-command-keys "an answer is still coming: \\[askd-stop] ends it"))
     ((and (askd-view-conversation view) instructions
           (not (equal instructions (askd-turns-escaped (or (askd-view-system view) "")))))
      (substitute-command-keys "instructions are given when a conversation begins: \\[askd-chat] begins one")))))

(defun askd-send-run (view again &optional model prompt)
  "Send what the page of VIEW asks for.
AGAIN: where it asks for nothing, its last question once more.  MODEL and PROMPT
are of this question alone.  To be called in the buffer of VIEW."
  (let* ((page (askd-view-page view))
         (text (askd-page-read page))
         (refusal (askd-send--refusal view text))
         (wish (askd-branch-decide (askd-page-shown page) (askd-page--text-turns text))))
    (when refusal
      (askd-refuse "%s" refusal))
    (pcase (plist-get wish :kind)
      ('refused
       (goto-char (plist-get wish :beg))
       (askd-refuse "%s" (plist-get wish :message)))
      ('regenerate
       (unless again
         (askd-refuse "%s" (substitute-command-keys
                            (concat "the last answer was taken out: \\[universal-argument] \\[askd-send] asks for "
                                    "another, \\[askd-chat-revert] has it back")))))
      ('nothing
       (setq wish (or (and again (askd-send--again view)) (askd-send--prompt-alone view text prompt)))))
    (if wish
        (askd-send--ask view wish (askd-page--text-instructions text) model prompt)
      (set-buffer-modified-p nil)
      (askd-tell "nothing to send: write a question at the end, or change one"))))

(provide 'askd-send)

;;; askd-send.el ends here
