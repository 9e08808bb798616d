;;; askd-commit.el --- Commit messages  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; The message of what is staged, above the comments of the message that git wants, or in a buffer of its own.

;;; Code:

(require 'cl-lib)
(require 'askd-answer)
(require 'askd-client)
(require 'askd-sink)

(defconst askd-commit--no-repository 129
  "How `git diff --cached' ends outside of a repository.")

(defun askd-commit--folder ()
  "The folder in which git is run.
Git itself has set GIT_INDEX_FILE and the folder where it started its editor."
  (when (file-remote-p default-directory)
    (askd-refuse "this folder is on another machine, where git is not run"))
  (let ((folder (expand-file-name default-directory)))
    (if (string-match "\\`\\(.*/\\)\\.git/" folder)
        (match-string 1 folder)
      folder)))

(defun askd-commit--ended (process then)
  "PROCESS, a git, has ended: call THEN with an error or its output."
  (let ((out (process-buffer process))
        (err (process-get process 'askd-errors)))
    (unwind-protect
        (pcase (process-exit-status process)
          (0 (funcall then nil (with-current-buffer out (buffer-string))))
          ((pred (= askd-commit--no-repository)) (funcall then "this folder is in no repository of git" nil))
          (_ (funcall then (concat "git diff: " (with-current-buffer err (string-trim (buffer-string)))) nil)))
      (kill-buffer out)
      (kill-buffer err))))

(defun askd-commit--diff (folder then)
  "Call THEN with an error or the diff of what is staged in FOLDER."
  (let* ((default-directory folder)
         (out (generate-new-buffer " *askd git*" t))
         (err (generate-new-buffer " *askd git errors*" t)))
    (condition-case fault
        (let ((process (make-process
                        :name "askd git" :buffer out :stderr err :noquery t :connection-type 'pipe
                        :coding '(utf-8 . utf-8)
                        :command '("git" "--no-pager" "diff" "--cached" "--no-color" "--no-ext-diff")
                        :sentinel (lambda (process _event)
                                    (unless (process-live-p process)
                                      (askd-commit--ended process then))))))
          (process-put process 'askd-errors err)
          (set-process-query-on-exit-flag (get-buffer-process err) nil))
      (file-error
       (kill-buffer out)
       (kill-buffer err)
       (funcall then (concat "git cannot be run: " (error-message-string fault)) nil)))))

(defun askd-commit--is-message ()
  "Whether this buffer is the message that git or VC wants."
  (or (bound-and-true-p git-commit-mode)
      (derived-mode-p 'log-edit-mode)
      (member (file-name-nondirectory (or buffer-file-name "")) '("COMMIT_EDITMSG" "MERGE_MSG" "TAG_EDITMSG"))))

(defun askd-commit--room ()
  "The place of a message: the empty beginning, or above what stands there."
  (save-excursion
    (goto-char (point-min))
    (when (derived-mode-p 'log-edit-mode)
      (re-search-forward "^\\(?:[A-Z][^ \n]*:.*\n\\)*\n?" nil t))
    (let ((at (point)))
      (skip-chars-forward " \t\n")
      (cond
       ((not (or (eobp) (eq (char-after) ?#))) (goto-char at) (insert "\n\n"))
       ((= (point) at) (insert "\n")))
      at)))

(defun askd-commit--into (buffer params)
  "Ask PARAMS, and have the message go into BUFFER, as one step of undo."
  (with-current-buffer buffer
    (undo-boundary)
    (let* ((group (prepare-change-group))
           (sink (askd-sink-into buffer (askd-commit--room)
                                 :on-text (lambda (_text)
                                            (with-current-buffer buffer
                                              (undo-amalgamate-change-group group)))
                                 :on-end (lambda (err _result)
                                           (askd-set-running buffer nil)
                                           (when err
                                             (askd-tell-error err))))))
      (askd-set-running buffer (apply #'askd-stream "chat" params (askd-sink-handlers sink))))))

;;;###autoload
(defun askd-commit (&optional words)
  "Have the message of what is staged written, by the prompt \"commit\".
In the message that git wants it is put above the comments, as one step of undo;
elsewhere it comes into a buffer of its own.  With a prefix argument, WORDS are
asked for that say what else it is to be like."
  (interactive (list (and current-prefix-arg (read-string "What else the message is to be like: "))))
  (let ((buffer (current-buffer)))
    (askd-commit--diff
     (askd-commit--folder)
     (lambda (fault diff)
       (cond
        (fault (askd-tell-error fault))
        ((string-empty-p (string-trim diff)) (askd-tell "nothing is staged: git add what the commit is to have"))
        (t
         (let ((params (askd-map "model" askd-model
                                  "template" "commit"
                                  "prompt" diff
                                  "system" (and words (not (string-empty-p words)) words)
                                  "context" (askd-context))))
           (if (and (buffer-live-p buffer)
                    (with-current-buffer buffer
                      (and (askd-commit--is-message) (not buffer-read-only))))
               (askd-commit--into buffer params)
             (askd-answer-ask params)))))))))

(provide 'askd-commit)

;;; askd-commit.el ends here
