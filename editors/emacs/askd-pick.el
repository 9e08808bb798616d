;;; askd-pick.el --- Choosing models, prompts, conversations  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Pickers over `completing-read', which Vertico, Ivy and others make their own; marginalia and embark find the categories
;; `askd-model', `askd-prompt', `askd-conversation', `askd-branch' and `askd-answer'.
;;
;; What there is to choose is asked from the daemon first, and offered once it was told: Emacs never waits.

;;; Code:

(require 'cl-lib)
(require 'askd-ask)
(require 'askd-chat)
(require 'askd-client)
(require 'askd-next)

(defconst askd-pick--conversations 200
  "How many conversations are offered, the newest; more by searching.")

;;; Offering

(cl-defstruct (askd-pick-item (:copier nil))
  "What can be chosen: NAME is typed, NOTE stands beside it, VALUE is what it is."
  name note value)

(defun askd-pick--distinct (items)
  "ITEMS with a number behind names that were there before."
  (let ((seen (make-hash-table :test #'equal)))
    (dolist (item items items)
      (let* ((name (askd-pick-item-name item)) (n (cl-incf (gethash name seen 0))))
        (when (> n 1)
          (setf (askd-pick-item-name item) (format "%s (%d)" name n)))))))

(defun askd-pick--affixed (items names)
  "NAMES of ITEMS with what stands beside them, for `affixation-function'."
  (let ((width (min 60 (cl-loop for name in names maximize (string-width name)))))
    (mapcar (lambda (name)
              (let* ((item (gethash name items)) (note (if item (askd-pick-item-note item) "")))
                (list name ""
                      (concat (make-string (max 2 (- (+ width 2) (string-width name))) ?\s)
                              (propertize note 'face 'completions-annotations)))))
            names)))

(defun askd-pick-table (items category)
  "A completion table of ITEMS, which are of CATEGORY and stay in their order."
  (let ((by-name (make-hash-table :test #'equal))
        (names (mapcar #'askd-pick-item-name items)))
    (dolist (item items)
      (puthash (askd-pick-item-name item) item by-name))
    (lambda (text predicate action)
      (if (eq action 'metadata)
          `(metadata (category . ,category)
                     (display-sort-function . identity)
                     (cycle-sort-function . identity)
                     (affixation-function . ,(apply-partially #'askd-pick--affixed by-name)))
        (complete-with-action action names text predicate)))))

(defun askd-pick-read (prompt category items &optional free)
  "Read with PROMPT one of ITEMS of CATEGORY, and return its value.
FREE: something else may be typed, and is returned as the string that it is."
  (let* ((items (askd-pick--distinct items))
         (typed (completing-read (format-prompt prompt (askd-pick-item-name (car items)))
                                 (askd-pick-table items category)
                                 nil (not free) nil nil (askd-pick-item-name (car items))))
         (item (cl-find typed items :key #'askd-pick-item-name :test #'equal)))
    (if item (askd-pick-item-value item) (and free (not (string-empty-p typed)) typed))))

(defun askd-pick-soon (what)
  "To be called when a list of WHAT is asked for: a function of what is then done.
That is done once Emacs is free, unless the user has gone on to something else:
a minibuffer would take the keys that are meant for it."
  (let ((events num-nonmacro-input-events) (buffer (current-buffer)))
    (lambda (read)
      (run-at-time
       0 nil
       (lambda ()
         (cond
          ((not (buffer-live-p buffer)))
          ((or (/= events num-nonmacro-input-events) (active-minibuffer-window))
           (askd-tell "what there is to choose (%s) came late: ask for it again" what))
          (t
           (with-current-buffer buffer
             (let ((inhibit-quit nil))
               (askd-protect read))))))))))

(defun askd-pick--offer (soon prompt category items chosen &optional free)
  "Once SOON, offer ITEMS of CATEGORY with PROMPT, and call CHOSEN with a value.
FREE: something else may be typed, which is given to CHOSEN as a string."
  (if (null items)
      (askd-tell "there is no %s" (downcase prompt))
    (funcall soon (lambda ()
                    (let ((value (askd-pick-read prompt category items free)))
                      (when value
                        (funcall chosen value)))))))

(defun askd-pick-ask (method params then)
  "Ask METHOD with PARAMS, and call THEN with the result; an error is told."
  (askd-request method params
                       (lambda (err result)
                         (if err
                             (askd-tell-error err)
                           (funcall then result)))))

;;; Models

(defun askd-pick-set-model (name)
  "Ask the model NAME: in a chat its own, elsewhere all that is asked from here on.
The name \"default\" is for the daemon's own choice."
  (let ((model (and (not (equal name "default")) name)))
    (if askd-chat--view
        (setq askd-chat-model model)
      (setq askd-model model))
    (force-mode-line-update t)
    (askd-tell (if model "asking %s" "asking the daemon's default model") model)))

(defun askd-pick--window (tokens)
  "TOKENS in few characters."
  (cond
   ((null tokens) "")
   ((>= tokens 1000000) (format "%gM" (/ (floor tokens 100000) 10.0)))
   (t (format "%dk" (/ tokens 1000)))))

(defun askd-pick--price (model)
  "What MODEL costs, for a million tokens of input and of output."
  (if (gethash "price_input" model)
      (format "%g/%g %s" (gethash "price_input" model) (gethash "price_output" model 0) (gethash "currency" model ""))
    ""))

(defun askd-pick--models (aliases models)
  "Items of ALIASES and MODELS, as models.aliases and models.list tell them."
  `(,(make-askd-pick-item :name "default" :note "the daemon's own choice" :value "default")
    ,@(cl-loop for alias across aliases
               for name = (gethash "alias" alias)
               collect (make-askd-pick-item
                        :name name :value name
                        :note (concat "alias: " (mapconcat #'identity (gethash "models" alias) ", "))))
    ,@(cl-loop for model across models
               for name = (gethash "model" model)
               when (eq (gethash "available" model) t)
               collect (make-askd-pick-item
                        :name name :value name
                        :note (format "%6s  %s" (askd-pick--window (gethash "context_window" model))
                                      (askd-pick--price model))))))

(defun askd-pick-with-models (then)
  "Call THEN with the items of all aliases and models, once they were told."
  (askd-pick-ask "models.aliases" nil
                 (lambda (aliases)
                   (askd-pick-ask "models.list" nil
                                  (lambda (models)
                                    (funcall then (askd-pick--models aliases models)))))))

;;;###autoload
(defun askd-model ()
  "Choose the model for this chat; elsewhere for all that is asked from here on."
  (interactive)
  (let ((soon (askd-pick-soon "models")))
    (askd-pick-with-models
     (lambda (items)
       (askd-pick--offer soon "Model" 'askd-model items #'askd-pick-set-model t)))))

;;; Prompts

(defun askd-pick--prompts (list)
  "The items that are in LIST, a result of prompt.list."
  (cl-loop for prompt across list
           for name = (gethash "name" prompt)
           unless (gethash "error" prompt)
           collect (make-askd-pick-item :name name :value name :note (or (gethash "description" prompt) ""))))

;;;###autoload
(defun askd-prompt ()
  "Choose the prompt of the library for the next question from here.
With an active region, those lines are asked about at once."
  (interactive)
  (let ((region (askd-region))
        (buffer (current-buffer))
        (soon (askd-pick-soon "prompts")))
    (askd-pick-ask "prompt.list" nil
                   (lambda (prompts)
                     (askd-pick--offer soon "Prompt" 'askd-prompt (askd-pick--prompts prompts)
                                       (lambda (name)
                                         (if region
                                             (askd-ask-about (list :words "" :prompt name) buffer region)
                                           (askd-next-set-prompt name)
                                           (askd-tell "the next question from here goes by the prompt %s" name))))))))

;;; Conversations

(defun askd-pick-age (since)
  "How long ago SINCE is, a time in seconds: \"3 min\" and the like."
  (let ((seconds (max 0 (floor (- (float-time) since)))))
    (cond
     ((>= seconds 86400) (format "%d d" (/ seconds 86400)))
     ((>= seconds 3600) (format "%d h" (/ seconds 3600)))
     ((>= seconds 60) (format "%d min" (/ seconds 60)))
     (t (format "%d s" seconds)))))

(defun askd-pick--conversations (found)
  "Items of the conversations FOUND."
  (cl-loop for c across found
           for title = (string-trim (askd-one-line (gethash "title" c)))
           for snippet = (gethash "snippet" c)
           collect (make-askd-pick-item
                    :name (if (string-empty-p title) "(nothing said yet)" title)
                    :value (list (gethash "conversation" c))
                    :note (format "%6s  %s"
                                  (askd-pick-age (or (gethash "updated" c) (gethash "created" c)))
                                  (if snippet
                                      (askd-one-line (replace-regexp-in-string "[\2\3]" "" snippet))
                                    (format "%d messages  %s" (gethash "messages" c) (gethash "model" c "")))))))

(defun askd-pick--conversation (value everywhere)
  "Open the conversation of VALUE; a string is looked for, EVERYWHERE or here."
  (if (stringp value)
      (askd-conversations everywhere value)
    (askd-chat-open (car value))))

;;;###autoload
(defun askd-conversations (&optional everywhere words)
  "Open one of the newest conversations of this folder.
With a prefix argument EVERYWHERE, of all folders.  What is typed and no title
is looked for in what was said.  Lisp can name the WORDS at once."
  (interactive "P")
  (let ((soon (askd-pick-soon "conversations")))
    (askd-pick-ask (if words "conversation.search" "conversation.list")
                   (askd-map "limit" askd-pick--conversations
                             "query" words
                             "directory" (and (not everywhere) (askd-get (askd-context) "cwd")))
                   (lambda (found)
                     (if (and (zerop (length found)) (not everywhere))
                         (askd-tell "there is no such conversation of this folder: %s looks everywhere"
                                    (substitute-command-keys "\\[universal-argument] \\[askd-conversations]"))
                       (askd-pick--offer soon "Conversation" 'askd-conversation (askd-pick--conversations found)
                                         (lambda (value) (askd-pick--conversation value everywhere))
                                         (not words)))))))

;;; Branches

(defun askd-pick--branches (view)
  "Items of the branches of VIEW, the newest first."
  (cl-loop for tip in (reverse (askd-tree-tips (askd-view-tree view)))
           for id = (gethash "id" tip)
           for path = (askd-tree-path (askd-view-tree view) id)
           collect (make-askd-pick-item
                    :name (askd-chat--question-of path)
                    :value id
                    :note (format "%s%d turns  %s" (if (equal id (askd-view-tip view)) "shown, " "")
                                  (length path) (gethash "model" tip "")))))

(defun askd-branch ()
  "Choose one of all branches of this conversation, and show it."
  (interactive)
  (let ((view (askd-chat-view)))
    (unless (askd-view-conversation view)
      (askd-refuse "this conversation has no branches yet"))
    (let ((id (askd-pick-read "Branch" 'askd-branch (askd-pick--branches view))))
      (when id
        (askd-chat--go-to view id)))))

;;; What a question is asked with

(defun askd-pick--as-ever (items)
  "ITEMS behind one that chooses nothing."
  (cons (make-askd-pick-item :name "as ever" :note "" :value nil) items))

(defun askd-pick--read-options (models library conversations)
  "Read one of MODELS, of LIBRARY and of CONVERSATIONS, lists of items.
Return the plist of `askd-ask-params'."
  (let* ((model (askd-pick-read "Model" 'askd-model (askd-pick--as-ever models) t))
         (prompt (askd-pick-read "Prompt" 'askd-prompt (askd-pick--as-ever library)))
         (conversation (and conversations
                            (askd-pick-read "Conversation" 'askd-conversation
                                            (askd-pick--as-ever conversations)))))
    (list :model model :prompt prompt :conversation (car conversation))))

(defun askd-pick-with-options (conversations then)
  "Read a model, a prompt and, where CONVERSATIONS, a conversation.
THEN is called with a plist of them, as `askd-ask-params' takes it."
  (let ((soon (askd-pick-soon "models and prompts")))
    (cl-flet ((offer (models prompts &optional found)
                (funcall soon (lambda ()
                                (funcall then (askd-pick--read-options
                                               models (askd-pick--prompts prompts)
                                               (and conversations
                                                    (cons (make-askd-pick-item :name "new" :note "" :value '("new"))
                                                          (askd-pick--conversations found)))))))))
      (askd-pick-with-models
       (lambda (models)
         (askd-pick-ask "prompt.list" nil
                        (lambda (prompts)
                          (if (not conversations)
                              (offer models prompts)
                            (askd-pick-ask "conversation.list"
                                           (askd-map "limit" askd-pick--conversations)
                                           (apply-partially #'offer models prompts))))))))))

(provide 'askd-pick)

;;; askd-pick.el ends here
