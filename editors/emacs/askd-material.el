;;; askd-material.el --- What goes along with a question -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; Pieces of buffers, as parts of the protocol.  A part of text is a file to the daemon, under a name that tells where it
;; is from; it sees to it that the model takes it for data.  What cannot be a part is a `user-error'.

;;; Code:

(require 'askd-base)
(require 'askd-msgpack)

(defconst askd-material--most (* 32 1048576) "Bytes of a part, as of any attachment.")

(defun askd-material-name (buffer)
  "How BUFFER is called where a model sees it.
It is its file's path below the project or the directory, or its name."
  (with-current-buffer buffer
    (if buffer-file-name
        (let ((name (file-relative-name buffer-file-name)))
          (if (string-prefix-p "../" name) (abbreviate-file-name buffer-file-name) name))
      (buffer-name))))

(defun askd-material-language (buffer)
  "The language of BUFFER as a model knows it, by its mode; nil: plain text."
  (with-current-buffer buffer
    (let ((name (string-remove-suffix
                 "-ts" (string-remove-suffix "-mode" (symbol-name major-mode)))))
      (unless (member name '("fundamental" "text" "special"))
        (pcase name
          ("emacs-lisp" "elisp")
          ("lisp-interaction" "elisp")
          ("c++" "cpp")
          ("sh" "sh")
          (_ name))))))

(defun askd-material-text (name text)
  "A part of TEXT under a NAME."
  (let ((bytes (encode-coding-string text 'utf-8-unix)))
    (cond ((equal text "")
           (user-error "%s is empty: there is nothing to attach" name))
          ((> (length bytes) askd-material--most)
           (user-error "%s is larger than the 32 MiB that an attachment may be: attach a part of it" name)))
    (askd-map "type" "file" "mime" "text/plain" "name" name "data" (askd-msgpack-bin bytes))))

(defun askd-material--where (start end)
  "The lines of the current buffer from START to END in words."
  (save-restriction
    (widen)
    (let ((first (line-number-at-pos start))
          (last (line-number-at-pos (max start (if (and (> end start) (eq (char-before end) ?\n)) (1- end) end)))))
      (if (= first last) (format "line %d" first) (format "lines %d to %d" first last)))))

(defun askd-material-range (buffer start end)
  "The part for what BUFFER has from START to END.
The model is told the file, the lines and the language."
  (with-current-buffer buffer
    (let* ((text (buffer-substring-no-properties start end))
           (name (askd-material-name buffer))
           (language (askd-material-language buffer))
           (all (= (buffer-size) (- end start))))
      (when (string-blank-p text)
        (user-error "%s has nothing there to ask about" name))
      (askd-material-text (concat name
                                  (unless all (concat ", " (askd-material--where start end)))
                                  (and language (concat ", " language)))
                          text))))

(provide 'askd-material)
;;; askd-material.el ends here
