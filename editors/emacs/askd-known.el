;;; askd-known.el --- What the daemon can be asked with -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; The lists of models, aliases, prompts and conversations, as the daemon told them last.  A list is asked for first, and
;; the minibuffer opened when it is there: nothing waits.

;;; Code:

(require 'askd-base)
(require 'askd-client)

(defconst askd-known--fresh 10 "Seconds for which a list is used before it is asked for again.")

(defconst askd-known--lists
  '((models "models.list") (aliases "models.aliases") (prompts "prompt.list")
    (conversations "conversation.list" "limit" 100))
  "Each list with the method that tells it, and its fields.")

(defvar askd-known--values (make-hash-table)
  "Of each list, when it was told and what: a cons.")

(defun askd-known--ask (name fn)
  "Ask for the list NAME, and call FN with an error map and it."
  (pcase-let ((`(,method . ,fields) (alist-get name askd-known--lists)))
    (askd-request method (apply #'askd-map fields)
                  (lambda (err items)
                    (unless err
                      (puthash name (cons (float-time) items) askd-known--values))
                    (funcall fn err items)))))

(defun askd-known-with (names fn)
  "Call FN with the lists NAMES, vectors of maps, once they are there.
Where one cannot be had, the error is told and FN is not called."
  (let ((lists (make-hash-table))
        (left (length names))
        failed)
    (dolist (name names)
      (let* ((known (gethash name askd-known--values))
             (take (lambda (err items)
                     (puthash name items lists)
                     (setq left (1- left))
                     (cond (failed)
                           (err (setq failed t)
                                (askd-tell-error err))
                           ((= left 0)
                            (apply fn (mapcar (lambda (name) (gethash name lists)) names)))))))
        (if (and known (< (- (float-time) (car known)) askd-known--fresh))
            (askd-later take nil (cdr known))
          (askd-known--ask name take))))))

(defun askd-known--rows (items name note)
  "Conses of what NAME and NOTE make of each of ITEMS."
  (mapcar (lambda (item) (cons (funcall name item) (funcall note item))) items))

(defun askd-known-models (aliases models)
  "What can be asked for a model: conses of a name and what is said of it.
ALIASES and MODELS are the lists of that name."
  (append (askd-known--rows aliases
                            (lambda (alias) (askd-get alias "alias"))
                            (lambda (_) "alias"))
          (askd-known--rows (cl-remove-if-not (lambda (model) (askd-get model "available")) models)
                            (lambda (model) (askd-get model "id"))
                            (lambda (model)
                              (let ((window (askd-get model "context")))
                                (if window (format "%dk" (/ window 1000)) ""))))))

(defun askd-known-prompts (items)
  "Conses of a name and what is said of it for ITEMS, the library."
  (askd-known--rows items
                    (lambda (prompt) (askd-get prompt "name"))
                    (lambda (prompt) (or (askd-get prompt "description") ""))))

(defun askd-known-conversations (conversations)
  "The ids of CONVERSATIONS with their titles, in conses; and those by words."
  (append '(("new" . "a new conversation") ("last" . "the newest one of this folder"))
          (askd-known--rows conversations
                            (lambda (each) (askd-get each "conversation"))
                            (lambda (each) (or (askd-get each "title") "")))))

(defun askd-known-read (prompt rows category)
  "Read one of ROWS, which are as the functions above make them, with PROMPT.
CATEGORY says what they are.  Nothing but Enter is nil."
  (let* ((width (apply #'max 0 (mapcar (lambda (row) (string-width (car row))) rows)))
         (note (lambda (name)
                 (concat (make-string (- (+ 2 width) (min width (string-width name))) ?\s)
                         (askd-one-line (cdr (assoc name rows))))))
         (answer (completing-read
                  prompt
                  (lambda (string predicate action)
                    (if (eq action 'metadata)
                        `(metadata (category . ,category) (annotation-function . ,note)
                                   (display-sort-function . identity) (cycle-sort-function . identity))
                      (complete-with-action action rows string predicate))))))
    (unless (string-blank-p answer) answer)))

(provide 'askd-known)
;;; askd-known.el ends here
