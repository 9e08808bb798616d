;;; test-page.el --- The text of chats  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A page is filled as answers come, and what the user writes there is never lost.

;;; Code:

(require 'ert)
(require 'askd-page)

(defun test-page--message (id parent role content &optional state)
  "A message in STATE, by default done."
  (let ((message (make-hash-table :test #'equal)))
    (cl-loop for (key value) on `("id" ,id "role" ,role "content" ,content "state" ,(or state "done")) by #'cddr
             do (puthash key value message))
    (when parent
      (puthash "parent" parent message))
    message))

(defmacro test-page--with (page &rest body)
  "Run BODY in a buffer with a PAGE, a symbol."
  (declare (indent 1))
  `(with-temp-buffer
     (buffer-enable-undo)
     (let ((,page (askd-page-new (current-buffer))))
       ,@body)))

(defun test-page--text ()
  "What stands in the buffer."
  (buffer-substring-no-properties (point-min) (point-max)))

(defconst test-page--question (test-page--message "1" nil "user" "hello"))
(defconst test-page--answer (test-page--message "2" "1" "assistant" "world"))
(defconst test-page--running (test-page--message "2" "1" "assistant" "" "running"))

(ert-deftest test-page-fills ()
  "Turns go above the draft."
  (test-page--with page
    (should (equal (test-page--text) "## user\n\n"))
    (should (askd-page-show page (list test-page--question test-page--answer) "Be brief."))
    (should (equal (test-page--text)
                   "## instructions\n\nBe brief.\n\n## user\n\nhello\n\n## assistant\n\nworld\n\n## user\n\n"))
    (should (equal (askd-page-place-at page (string-search "world" (test-page--text))) 1))
    (should-not (askd-page-place-at page (point-max)))))

(ert-deftest test-page-streams-above-the-draft ()
  "A running answer has a place of its own, and what is written meanwhile stays the draft."
  (test-page--with page
    (goto-char (point-max))
    (insert "hello")
    (should (askd-page-show page (list test-page--question test-page--running) nil '(0 . "")))
    (should (equal (test-page--text) "## user\n\nhello\n\n## assistant\n\n\n\n## user\n\n"))
    (goto-char (point-max))
    (insert "next")
    (should (askd-page-has-flow page))
    (askd-undo-replace (askd-page-flow-place page) (askd-page-flow-place page) "wor\nld")
    (should (equal (test-page--text) "## user\n\nhello\n\n## assistant\n\nwor\nld\n\n## user\n\nnext"))
    (should (askd-page-has-draft page))
    (should (= (askd-page--text-settled (askd-page-read page)) 1))
    (should (askd-page-show page (list test-page--question test-page--answer) nil))
    (should (equal (test-page--text) "## user\n\nhello\n\n## assistant\n\nworld\n\n## user\n\nnext"))
    (should-not (askd-page-has-flow page))))

(ert-deftest test-page-keeps-what-was-changed ()
  "Nothing is shown over what the user has changed."
  (test-page--with page
    (askd-page-show page (list test-page--question test-page--answer) nil)
    (goto-char (point-min))
    (search-forward "world")
    (insert "!")
    (let ((before (test-page--text)))
      (should-not (askd-page-show page (list test-page--question) nil))
      (should (equal (test-page--text) before)))))

(ert-deftest test-page-another-branch ()
  "Of another branch only what differs is written anew."
  (test-page--with page
    (let ((other (test-page--message "3" "1" "assistant" "there")))
      (askd-page-show page (list test-page--question test-page--answer) nil)
      (goto-char (point-max))
      (insert "kept")
      (should (askd-page-show page (list test-page--question other) nil))
      (should (equal (test-page--text) "## user\n\nhello\n\n## assistant\n\nthere\n\n## user\n\nkept"))
      (should (= (point) (point-max))))))

(ert-deftest test-page-undo-is-the-users ()
  "What comes from the daemon is no step of undo; what the user wrote can be undone below it."
  (test-page--with page
    (askd-page-show page (list test-page--question) nil)
    (goto-char (point-max))
    (undo-boundary)
    (insert "a thought")
    (undo-boundary)
    (askd-page-show page (list test-page--question test-page--answer) nil)
    (should (string-suffix-p "world\n\n## user\n\na thought" (test-page--text)))
    (let ((last-command nil))
      (undo))
    (should (string-suffix-p "world\n\n## user\n\n" (test-page--text)))))

(ert-deftest test-page-undo-in-what-is-gone ()
  "Steps of undo within text that was replaced are forgotten, and none leads elsewhere."
  (should (equal (askd-undo-move '(nil (30 . 35) ("x" . 20) (11 . 12) (3 . 4)) 10 5 7) '(nil (32 . 37) ("x" . 22))))
  (should (equal (askd-undo-move '((3 . 4) nil (nil face bold 2 . 40)) 10 0 2) '((3 . 4) nil (nil face bold 2 . 42))))
  (should (equal (askd-undo-move '((5 . 10) (10 . 12)) 10 0 2) '((5 . 10) (12 . 14))))
  (should (eq (askd-undo-move t 1 0 5) t)))

(ert-deftest test-page-remarks ()
  "Remarks are no text."
  (test-page--with page
    (askd-page-show page (list test-page--question test-page--answer) nil)
    (let ((before (test-page--text)))
      (askd-page-remark page '(nil " 2/2") '("attached: x"))
      (should (equal (test-page--text) before))
      (should (equal (sort (mapcar (lambda (o) (substring-no-properties (overlay-get o 'after-string)))
                                   (overlays-in (point-min) (point-max)))
                           #'string<)
                     '("\nattached: x" " 2/2")))
      (askd-page-remark page nil nil)
      (should-not (overlays-in (point-min) (point-max))))))

(provide 'test-page)

;;; test-page.el ends here
