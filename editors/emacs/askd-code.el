;;; askd-code.el --- The code of an answer -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; The code of an answer that was asked to be nothing else: models put it between fences all the same.

;;; Code:

(defun askd-code--before-fence (body fence)
  "BODY up to a line that is FENCE and nothing else."
  (if (string-match (format "^[ \t]*%s`*[ \t]*$" fence) body)
      (substring body 0 (match-beginning 0))
    body))

(defun askd-code-only (text &optional partial)
  "TEXT without a fence around it, and without the line breaks around it.
Of one that is PARTIAL, what is code for sure."
  (let ((text (string-replace "\r\n" "\n" text)))
    (cond
     ((string-match "\\`[ \t\n]*\\(```+\\)[^\n`]*\n" text)
      (replace-regexp-in-string
       "\n+\\'" "" (askd-code--before-fence (substring text (match-end 0)) (match-string 1 text)) t t))
     ;; Maybe the beginning of a fence.
     ((and partial (string-match-p "\\`[ \t\n]*\\(?:`[^\n]*\\)?\\'" text)) "")
     (t (replace-regexp-in-string
         "\n[ \t\n]*\\'" "" (replace-regexp-in-string "\\`\n+" "" text t t) t t)))))

(provide 'askd-code)
;;; askd-code.el ends here
