;;; askd-branch.el --- The tree of a conversation, and what a page asks for  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; The tree of a conversation, and what a changed page of it asks for; without a daemon.  Messages are the hash tables
;; that conversation.get tells, turns are those of `askd-turns-read'.

;;; Code:

(require 'cl-lib)
(require 'askd-turns)

;;; The tree

(cl-defstruct (askd-tree (:copier nil) (:constructor askd-tree--make))
  "The messages of a conversation.
MESSAGES are all of them, oldest first, HEAD the id where it goes on."
  head messages (by-id (make-hash-table :test #'equal)) (children (make-hash-table :test #'equal)))

(defun askd-tree-of (conversation)
  "The tree of CONVERSATION, as of conversation.get; nil: an empty one."
  (let ((tree (askd-tree--make)))
    (when conversation
      (setf (askd-tree-head tree) (gethash "head" conversation)
            (askd-tree-messages tree) (append (gethash "messages" conversation) nil))
      (dolist (message (askd-tree-messages tree))
        (puthash (gethash "id" message) message (askd-tree-by-id tree)))
      (dolist (message (reverse (askd-tree-messages tree)))
        (push message (gethash (gethash "parent" message "") (askd-tree-children tree)))))
    tree))

(defun askd-tree-message (tree id)
  "The message of TREE with that ID, nil: none."
  (and id (gethash id (askd-tree-by-id tree))))

(defun askd-tree-path (tree id)
  "The messages of TREE from the first one to that of ID."
  (let ((message (askd-tree-message tree id)) path)
    (while message
      (push message path)
      (setq message (askd-tree-message tree (gethash "parent" message))))
    path))

(defun askd-tree-siblings (tree id)
  "The messages of TREE that stand where that of ID does, itself among them."
  (let ((message (askd-tree-message tree id)))
    (and message (gethash (gethash "parent" message "") (askd-tree-children tree)))))

(defun askd-tree-place (tree id)
  "Which of its siblings in TREE the message of ID is, from 0."
  (cl-position id (askd-tree-siblings tree id) :key (lambda (m) (gethash "id" m)) :test #'equal))

(defun askd-tree-tip (tree id)
  "The id of the message of TREE where the newest branch from that of ID on ends."
  (let ((message (askd-tree-message tree id)) children)
    (while (and message (setq children (gethash (gethash "id" message) (askd-tree-children tree))))
      (setq message (car (last children))))
    (and message (gethash "id" message))))

(defun askd-tree-tips (tree)
  "The last messages of all branches of TREE, the newest last."
  (cl-remove-if (lambda (m) (gethash (gethash "id" m) (askd-tree-children tree))) (askd-tree-messages tree)))

;;; What is to be asked

(defvar askd-branch--read-back (make-hash-table :test #'eq :weakness 'key)
  "Turns by message, since a long conversation is compared often.")

(defun askd-branch--said (message)
  "The turn of MESSAGE once it was written and read back."
  (or (gethash message askd-branch--read-back)
      (puthash message
               (with-temp-buffer
                 (insert (askd-turns-of-message message) "\n")
                 (caar (askd-turns-read (point-min) (point-max))))
               askd-branch--read-back)))

(defun askd-branch--without-blanks (text)
  "TEXT without blanks at the ends of its lines.
Many editors take them off by themselves: that means nothing else."
  (replace-regexp-in-string "[ \t\r]+$" "" text))

(defun askd-branch-is-as-known (message turn)
  "Whether MESSAGE is what TURN is."
  (let* ((known (askd-branch--said message)) (a (askd-turn-text known)) (b (askd-turn-text turn)))
    (and (equal (askd-turn-role known) (askd-turn-role turn))
         (equal (askd-turn-kept known) (askd-turn-kept turn))
         (or (equal a b) (equal (askd-branch--without-blanks a) (askd-branch--without-blanks b))))))

(defun askd-branch--same (a b)
  "Whether A and B, values of the protocol, are the same."
  (cond
   ((and (hash-table-p a) (hash-table-p b))
    (and (= (hash-table-count a) (hash-table-count b))
         (cl-loop for key being the hash-keys of a using (hash-values value)
                  always (askd-branch--same value (gethash key b 'askd-none)))))
   ((and (vectorp a) (vectorp b)) (and (= (length a) (length b)) (cl-every #'askd-branch--same a b)))
   (t (equal a b))))

(defun askd-branch-same-message (a b)
  "Whether the messages A and B are shown alike."
  (cl-every (lambda (field) (askd-branch--same (gethash field a) (gethash field b))) '("id" "state" "content")))

(defun askd-branch--is-nothing (turn)
  "Whether TURN is an empty question."
  (and (equal (askd-turn-role turn) "user") (equal (askd-turn-text turn) "") (null (askd-turn-kept turn))))

(defun askd-branch--kept-parts (message turn)
  "The parts of the question MESSAGE that its TURN still names.
Attachments go before the words that are asked."
  (let ((content (gethash "content" message)))
    (and (vectorp content)
         (cl-loop for number in (askd-turn-kept turn)
                  when (<= 1 number (length content)) collect (aref content (1- number))))))

(defun askd-branch-unsent (path page from)
  "What the user wrote on PAGE, from turn FROM on, that is nowhere else.
PATH is what the daemon has.  It must not be lost with the page's new face."
  (mapconcat
   #'identity
   (cl-loop for turn in (nthcdr from page)
            for i from from
            for message = (nth i path)
            when (and (equal (askd-turn-role turn) "user")
                      (not (askd-branch--is-nothing turn))
                      (not (and message (askd-branch-is-as-known message turn))))
            collect (askd-turn-text turn))
   "\n\n"))

(defun askd-branch--question (turn at message before)
  "The wish that TURN is, number AT, where MESSAGE stands, and BEFORE above it."
  (cond
   ((not (equal (askd-turn-role turn) "user"))
    (list :kind 'refused :beg (askd-turn-beg turn)
          :message "what the model said was changed: take that back, or change the question before it"))
   ((askd-branch--is-nothing turn)
    (list :kind 'refused :beg (askd-turn-beg turn)
          :message "this question is empty: write one, or take out its heading too"))
   ((and message (equal (gethash "role" message) "user"))
    (list :kind 'edit :at at :prompt (askd-turn-text turn) :edit (gethash "id" message)
          :parts (askd-branch--kept-parts message turn)))
   (t
    (list :kind 'ask :at at :prompt (askd-turn-text turn) :parent (and before (gethash "id" before))))))

(defun askd-branch-decide (path page)
  "What PAGE asks for, where the daemon has the messages of PATH.
A property list, :kind first:
 ask         a question behind what is there: :prompt, :parent (nil: the first)
 edit        another question where one is, a branch: :prompt, :parts, :edit
 regenerate  the last answer was taken out: :regenerate
 nothing     all is as the daemon has it
 refused     what cannot be asked: :beg, :message
With :at, which turn is to be answered, from 0."
  (let* ((page (let ((turns (reverse page)))
                 (while (and turns (askd-branch--is-nothing (car turns)))
                   (pop turns))
                 (nreverse turns)))
         (differs (cl-loop for turn in page
                           for i from 0
                           for rest = path then (cdr rest)
                           unless (and rest (askd-branch-is-as-known (car rest) turn)) return i))
         (last (car (last page))))
    (cond
     (differs
      (askd-branch--question (nth differs page) differs (nth differs path)
                             (and (> differs 0) (nth (1- differs) path))))
     ((and last (equal (askd-turn-role last) "user"))
      (let ((at (1- (length page))))
        (list :kind 'regenerate :at at :regenerate (gethash "id" (nth at path)))))
     (t (list :kind 'nothing)))))

(provide 'askd-branch)

;;; askd-branch.el ends here
