;;; askd-base.el --- What all parts of askd share -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; The options that several parts go by, maps of the protocol, and what is told to the user: one line in the echo area,
;; never a trace.

;;; Code:

(require 'cl-lib)
(require 'subr-x)

;;;###autoload
(defgroup askd nil
  "Ask language models through askd."
  :group 'tools
  :prefix "askd-"
  :link '(url-link "https://github.com/askd/askd"))

(defcustom askd-socket nil
  "The socket of the daemon; nil: where `ask' finds it."
  :type '(choice (const :tag "Where ask finds it" nil) file))

(defcustom askd-askctl "askctl"
  "The program that starts a daemon where none runs; nil: none is started."
  :type '(choice (const :tag "None is started" nil) file))

(defcustom askd-model nil
  "The model that is asked where a command names none; nil: the daemon's own."
  :type '(choice (const :tag "The daemon's default" nil) string))

;;;###autoload
(dolist (file '("askd-answer" "askd-rewrite" "askd-suggest"))
  (custom-add-load 'askd file))

;;; Maps

(defun askd-map (&rest fields)
  "A map of the protocol with FIELDS, each a key and behind it its value.
A field whose value is nil is absent; what is false is :false."
  (let ((map (make-hash-table :test #'equal)))
    (while fields
      (let ((key (pop fields))
            (value (pop fields)))
        (when value
          (puthash key value map))))
    map))

(defun askd-get (value &rest keys)
  "What VALUE, a map, has under the first of KEYS, and that under the next.
It is nil where one is absent, or false."
  (dolist (key keys)
    (setq value (and (hash-table-p value) (gethash key value))))
  (if (eq value :false) nil value))

(defun askd-error-map (code format &rest args)
  "An error map with CODE and a message of FORMAT and ARGS."
  (askd-map "code" code "message" (apply #'format format args)))

;;; What is told to the user

(defun askd-one-line (text)
  "TEXT as it can be shown in a line: without control characters."
  (replace-regexp-in-string "[[:cntrl:]]+" " " (or text "")))

(defun askd--show (text face)
  "Show TEXT in the echo area with FACE."
  (message "%s" (propertize (askd-one-line text) 'face face)))

(defun askd-error-line (err)
  "An error map ERR, or a string, as a line."
  (if (hash-table-p err)
      (format "askd: %s: %s" (or (askd-get err "code") "internal")
              (or (askd-get err "message") "no reason was given"))
    (format "askd: %s" err)))

(defun askd-tell-error (err)
  "Tell ERR, an error map or a string.
That somebody cancelled is no news to them."
  (unless (equal (askd-get err "code") "cancelled")
    (askd--show (askd-error-line err) 'error)))

(defun askd-warn (format &rest args)
  "Tell what is wrong with a command: FORMAT with ARGS."
  (askd--show (concat "askd: " (apply #'format format args)) 'warning))

(defun askd-refuse (format &rest args)
  "End a command, because of FORMAT with ARGS."
  (user-error "%s" (askd-one-line (concat "askd: " (apply #'format format args)))))

(defun askd-tell (format &rest args)
  "Tell FORMAT with ARGS."
  (askd--show (concat "askd: " (apply #'format format args)) 'default))

(defun askd--tell-fault (fault)
  "Tell FAULT, what `condition-case' caught.
That the user quit is no fault of ours; what a command refuses says so itself."
  (let ((kinds (get (car fault) 'error-conditions)))
    (cond ((memq 'quit kinds) (message "Quit"))
          ((memq 'user-error kinds) (askd--show (error-message-string fault) 'warning))
          (t (askd-tell-error (askd-error-map "internal" "%s" (error-message-string fault)))))))

(defun askd-protect (fn &rest args)
  "Call FN, where there is one, with ARGS.
A fault in it is told like any other, and goes no further."
  (when fn
    (condition-case-unless-debug fault
        (save-match-data
          (save-current-buffer
            (apply fn args)))
      ((error quit) (askd--tell-fault fault)))))

(defun askd-later (fn &rest args)
  "Call FN with ARGS once Emacs waits for what comes next."
  (run-at-time 0 nil #'apply #'askd-protect fn args))

(provide 'askd-base)
;;; askd-base.el ends here
