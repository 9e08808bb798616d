;;; askd-attach.el --- What goes along with the next question  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Files, buffers, what is to be seen of them, and what Flymake says, for the next question that is asked from here: of a
;; chat, of that chat; from anywhere else, of the next `askd-ask' or `askd-compare'.

;;; Code:

(require 'cl-lib)
(require 'flymake)
(require 'project)
(require 'askd-client)
(require 'askd-material)
(require 'askd-next)

(defconst askd-attach--most (* 32 1048576)
  "Bytes of a file, as of any attachment.")

(defun askd-attach--source ()
  "The buffer that is meant by \"the buffer\".
This one; from one of ours, the one in another window that is none, or the last."
  (if (not (askd-attach--ours-p (current-buffer)))
      (current-buffer)
    (or (cl-find-if-not #'askd-attach--ours-p (mapcar #'window-buffer (window-list nil 'no-minibuffer)))
        (cl-find-if-not (lambda (buffer)
                          (or (askd-attach--ours-p buffer) (string-prefix-p " " (buffer-name buffer))))
                        (buffer-list))
        (askd-refuse "there is no buffer to attach"))))

(defun askd-attach--ours-p (buffer)
  "Whether BUFFER is a chat or an answer."
  (or (buffer-local-value 'askd-chat--view buffer)
      (with-current-buffer buffer (derived-mode-p 'askd-answer-mode))))

(defun askd-attach--add (label part)
  "Have PART, LABEL to people, go with the next question from here."
  (askd-next-add label part)
  (unless askd-chat--view
    (askd-tell "%s goes with the next question" label)))

(defun askd-attach--file (file)
  "Attach FILE."
  (let ((name (file-relative-name file))
        (size (and (file-regular-p file) (file-attribute-size (file-attributes (file-truename file))))))
    (cond
     ((not size) (askd-refuse "%s is no file that could be attached" name))
     ((zerop size) (askd-refuse "%s is empty: there is nothing to attach" name))
     ((> size askd-attach--most)
      (askd-refuse "%s is larger than the 32 MiB that an attachment may be: attach a part of it" name)))
    (askd-attach--add name
                      (askd-map "type" "file"
                                "name" name
                                "data" (with-temp-buffer
                                         (set-buffer-multibyte nil)
                                         (insert-file-contents-literally file)
                                         (askd-msgpack-bin (buffer-string)))))))

;;;###autoload
(defun askd-attach-file (file)
  "Attach FILE, text or an image and the like, to the next question from here."
  (interactive "fAttach file: ")
  (askd-attach--file file))

;;;###autoload
(defun askd-attach-url (url)
  "Attach what is at URL, an address with http or https, to the next question."
  (interactive "sAttach address: ")
  (unless (string-match-p "\\`https?://." url)
    (askd-refuse "%s is no address with http or https" url))
  (askd-attach--add url (askd-map "type" "file" "name" url "url" url)))

;;;###autoload
(defun askd-attach-project-file ()
  "Attach a file of this project (see project.el) to the next question from here."
  (interactive)
  (let* ((project (project-current t))
         (root (project-root project))
         (default-directory root)
         (files (mapcar (lambda (file) (file-relative-name file root)) (project-files project))))
    (askd-attach--file (completing-read "Attach file of the project: " files nil t nil 'file-name-history))))

(defun askd-attach-range (buffer beg end)
  "Attach what BUFFER has from BEG to END to the next question from here."
  (let ((label (with-current-buffer buffer
                 (save-restriction
                   (widen)
                   (if (and (= beg (point-min)) (= end (point-max)))
                       (askd-material-name buffer)
                     (format "%s:%d-%d" (askd-material-name buffer) (line-number-at-pos beg)
                             (line-number-at-pos (max beg (1- end)))))))))
    (askd-attach--add label (askd-material-range buffer beg end))))

;;;###autoload
(defun askd-attach-buffer (&optional buffer)
  "Attach BUFFER to the next question from here; by default this one.
With a prefix argument it is asked for.  From a chat it is the one beside it."
  (interactive (list (and current-prefix-arg (get-buffer (read-buffer "Attach buffer: " (askd-attach--source) t)))))
  (let ((buffer (or buffer (askd-attach--source))))
    (askd-attach-range buffer
                       (with-current-buffer buffer (save-restriction (widen) (point-min)))
                       (with-current-buffer buffer (save-restriction (widen) (point-max))))))

;;;###autoload
(defun askd-attach-region (beg end)
  "Attach what is from BEG to END to the next question."
  (interactive "r")
  (askd-attach-range (current-buffer) beg end))

;;;###autoload
(defun askd-attach-visible ()
  "Attach what is to be seen of this buffer to the next question from here.
From a chat it is the one beside it."
  (interactive)
  (let* ((buffer (askd-attach--source)) (window (get-buffer-window buffer t)))
    (unless window
      (askd-refuse "%s is in no window" (buffer-name buffer)))
    (askd-attach-range buffer (window-start window) (window-end window t))))

(defun askd-attach--diagnostic (name diagnostic)
  "DIAGNOSTIC of Flymake about the file NAME, in a line."
  (save-excursion
    (goto-char (flymake-diagnostic-beg diagnostic))
    (format "%s:%d:%d: %s: %s" name (line-number-at-pos nil t) (1+ (current-column))
            (string-remove-prefix ":" (symbol-name (flymake-diagnostic-type diagnostic)))
            (flymake-diagnostic-text diagnostic))))

;;;###autoload
(defun askd-attach-diagnostics ()
  "Attach the diagnostics of Flymake to the next question from here.
From a chat they are those of the buffer beside it."
  (interactive)
  (let* ((buffer (askd-attach--source))
         (name (askd-material-name buffer))
         (lines (with-current-buffer buffer
                  (mapcar (lambda (d) (askd-attach--diagnostic name d)) (flymake-diagnostics))))
         (label (format "diagnostics of %s (%d)" name (length lines))))
    (unless lines
      (askd-refuse "%s has no diagnostics" name))
    (askd-attach--add label (askd-material-text label (concat (string-join lines "\n") "\n")))))

;;;###autoload
(defun askd-detach (&optional label)
  "Take off what was attached to the next question from here under LABEL.
Without, all of it, and its prompt."
  (interactive
   (let ((labels (askd-next-attached)))
     (list (and (cdr labels)
                (let ((typed (completing-read (format-prompt "Take off" "all") labels nil t)))
                  (and (not (string-empty-p typed)) typed))))))
  (unless label
    (askd-next-set-prompt nil))
  (let ((count (askd-next-remove label)))
    (if (zerop count)
        (askd-tell "nothing was attached")
      (askd-tell "%d taken off" count))))

(provide 'askd-attach)

;;; askd-attach.el ends here
