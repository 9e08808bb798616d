;;; askd-locate.el --- Which daemon, and where we are -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; What lib/ask/locate.c and client/common/where.c are for the programs.  The folder of the socket is checked, so that
;; nobody else's socket is taken for the daemon's.

;;; Code:

(require 'askd-base)

(defconst askd-locate--system "/run/askd/askd.sock")

(defun askd-locate--private-p (folder)
  "Whether FOLDER is the user's and nobody else can look into it."
  (let ((attributes (and folder (string-prefix-p "/" folder) (file-attributes folder))))
    (and attributes
         (eq (file-attribute-type attributes) t)
         (= (file-attribute-user-id attributes) (user-uid))
         (string-match-p "\\`d...------" (file-attribute-modes attributes)))))

(defun askd-locate--user ()
  "The path of the user's own socket."
  (let ((folder (cl-find-if #'askd-locate--private-p
                            (list (getenv "XDG_RUNTIME_DIR") (format "/run/user/%d" (user-uid))))))
    (if folder
        (concat folder "/askd/askd.sock")
      (format "/tmp/askd-%d/askd.sock" (user-uid)))))

(defun askd-locate--xdg (name below-home)
  "The folder that the variable NAME names, or the one BELOW-HOME."
  (let ((folder (getenv name)))
    (if (and folder (string-prefix-p "/" folder)) folder (concat (getenv "HOME") below-home))))

(defun askd-locate--user-has-daemon-p ()
  "Whether the user has a daemon of their own, even if it does not run now."
  (or (file-exists-p (concat (askd-locate--xdg "XDG_STATE_HOME" "/.local/state") "/askd"))
      (cl-loop for folder in (list (concat (askd-locate--xdg "XDG_CONFIG_HOME" "/.config") "/systemd/user")
                                   "/etc/systemd/user")
               thereis (cl-loop for unit in '("/askd.socket" "/askd.service")
                                thereis (file-exists-p (concat folder unit))))))

(defun askd-locate-socket ()
  "The socket's path and its kind, `named', `user' or `system', in a cons."
  (let ((named (or askd-socket (getenv "ASKD_SOCKET")))
        (user (askd-locate--user)))
    (cond ((and named (not (equal named ""))) (cons (expand-file-name named) 'named))
          ((and (not (file-exists-p user))
                (file-exists-p askd-locate--system)
                (not (askd-locate--user-has-daemon-p)))
           (cons askd-locate--system 'system))
          (t (cons user 'user)))))

(defun askd-locate--trusts-p (kind uid)
  "Whether a socket of that KIND may belong to UID."
  (or (and (not (eq kind 'system)) (= uid (user-uid)))
      (and (not (eq kind 'user))
           (or (= uid 0) (equal "askd" (user-login-name uid))))))

(defun askd-locate-fault (path kind)
  "Why the socket PATH of that KIND cannot be trusted, or nil.
What is not there is no fault: nobody listens."
  (let* ((folder (directory-file-name (file-name-directory path)))
         (attributes (file-attributes folder))
         (modes (and attributes (file-attribute-modes attributes)))
         (socket (file-attributes path)))
    (cond
     ((null attributes) nil)
     ((not (eq (file-attribute-type attributes) t))
      (format "%s is a link or no folder: name the real folder" folder))
     ((not (askd-locate--trusts-p kind (file-attribute-user-id attributes)))
      (format "the folder of %s belongs to uid %d: remove it or name another socket"
              path (file-attribute-user-id attributes)))
     ((and (eq kind 'user) (not (string-match-p "\\`d...------" modes)))
      (format "the folder of %s is open to others: chmod 0700 it" path))
     ((and (or (eq (aref modes 5) ?w) (eq (aref modes 8) ?w))
           (not (and (eq kind 'named) (memq (aref modes 9) '(?t ?T)))))
      (format "others can write to the folder of %s: chmod go-w it" path))
     ((and socket (not (askd-locate--trusts-p kind (file-attribute-user-id socket))))
      (format "%s belongs to uid %d, who is not trusted: name another socket"
              path (file-attribute-user-id socket))))))

;;; Where questions are asked

(defun askd-locate--process (pid)
  "The fields of /proc/PID/stat from the third on, as strings."
  (ignore-errors
    (with-temp-buffer
      (insert-file-contents-literally (format "/proc/%s/stat" pid))
      (goto-char (point-max))
      (search-backward ") ")
      (split-string (buffer-substring (+ 2 (point)) (point-max))))))

(defun askd-locate--terminal ()
  "A name for the terminal of Emacs, of the form that `ask' has; nil: none."
  (let ((tmux (getenv "TMUX")) (pane (getenv "TMUX_PANE"))
        (sty (getenv "STY")) (window (getenv "WINDOW")))
    (cond
     ((and tmux pane (not (equal pane "")) (string-match "\\`\\(.+\\),[^,]*\\'" tmux))
      (format "tmux:%s,%s" (match-string 1 tmux) pane))
     ((and sty window (not (member "" (list sty window))))
      (format "screen:%s,%s" sty window))
     (t
      (let* ((own (askd-locate--process "self"))
             (device (string-to-number (or (nth 4 own) "0")))
             (started (and (/= device 0) (nth 19 (askd-locate--process (nth 3 own))))))
        (when started
          (format "tty:%d,%d,%s"
                  (logand (ash device -8) #xfff)
                  (logior (logand device #xff) (ash (ash device -20) 8))
                  started)))))))

(defvar askd-locate--own-terminal 'unknown)

(defun askd-context ()
  "A map of where we are, of the form that `ask' has.
The conversation \"last\" is the newest one of the same place."
  (when (eq askd-locate--own-terminal 'unknown)
    (setq askd-locate--own-terminal (askd-locate--terminal)))
  (askd-map "cwd" (unless (file-remote-p default-directory)
                    (directory-file-name (expand-file-name default-directory)))
            "terminal" askd-locate--own-terminal
            "host" (system-name)))

(provide 'askd-locate)
;;; askd-locate.el ends here
