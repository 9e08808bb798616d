;;; test-turns.el --- Pages of conversations, and code in answers  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; The parts of chats that need no daemon.

;;; Code:

(require 'ert)
(require 'askd-branch)
(require 'askd-patch)

(defun test-turns--json (text)
  "The value of the protocol that TEXT, JSON, is."
  (let ((json-object-type 'hash-table) (json-array-type 'vector) (json-key-type 'string))
    (json-read-from-string text)))

(defun test-turns--message (id parent role content &optional more)
  "A message; MORE is a list of other fields and values."
  (let ((message (make-hash-table :test #'equal)))
    (cl-loop for (key value) on `("id" ,id "role" ,role "content" ,content "state" "done" ,@more) by #'cddr
             do (puthash key value message))
    (when parent
      (puthash "parent" parent message))
    message))

(defconst test-turns--path
  (list (test-turns--message "1" nil "user" "first")
        (test-turns--message "2" "1" "assistant" "one" '("provider" "p" "model" "m"))
        (test-turns--message "3" "2" "user" "second")
        (test-turns--message "4" "3" "assistant" "two" '("provider" "p" "model" "m"))))

(defconst test-turns--page
  "## user\n\nfirst\n\n## assistant (p/m)\n\none\n\n## user\n\nsecond\n\n## assistant (p/m)\n\ntwo\n\n## user\n\n")

(defun test-turns--read (page)
  "The turns of PAGE, a text, and behind them the instructions."
  (with-temp-buffer
    (insert page)
    (askd-turns-read (point-min) (point-max))))

(defun test-turns--decide (page &optional path)
  "What PAGE asks for where the daemon has PATH; without, that of these tests."
  (askd-branch-decide (or path test-turns--path) (car (test-turns--read page))))

(defun test-turns--swap (from to text)
  "TEXT with TO in the place of the first FROM, which is there."
  (should (string-search from text))
  (let ((at (string-search from text)))
    (concat (substring text 0 at) to (substring text (+ at (length from))))))

(defun test-turns--before (word text)
  "TEXT up to WORD."
  (substring text 0 (string-search word text)))

(defun test-turns--has (wish &rest fields)
  "Fail unless WISH has FIELDS."
  (cl-loop for (key value) on fields by #'cddr
           do (should (equal (list key (plist-get wish key)) (list key value)))))

(ert-deftest test-turns-page-as-it-is ()
  "A page as it is asks for nothing; blank lines, and blanks at the ends of lines, mean nothing."
  (dolist (page (list test-turns--page
                      (string-replace "\n\n" "\n\n\n" test-turns--page)
                      (test-turns--swap "one" "one  " test-turns--page)
                      ""))
    (test-turns--has (test-turns--decide page) :kind 'nothing)))

(ert-deftest test-turns-new-question ()
  "A new question goes behind what is there."
  (let ((wish (test-turns--decide (concat test-turns--page "third\n\nin two paragraphs\n"))))
    (test-turns--has wish :kind 'ask :parent "4" :at 4 :prompt "third\n\nin two paragraphs"))
  (test-turns--has (askd-branch-decide nil (car (test-turns--read "a first one"))) :kind 'ask :parent nil))

(ert-deftest test-turns-branch ()
  "The first question that differs becomes a branch."
  (dolist (page (list test-turns--page (concat test-turns--page "third")))
    (test-turns--has (test-turns--decide (test-turns--swap "first" "another" page))
                     :kind 'edit :edit "1" :prompt "another" :at 0)
    (test-turns--has (test-turns--decide (test-turns--swap "second" "another" page)) :kind 'edit :edit "3" :at 2))
  (test-turns--has (test-turns--decide
                    (concat (test-turns--before "## user\n\nsecond" test-turns--page) "## user\n\ninstead"))
                   :kind 'edit :edit "3"))

(ert-deftest test-turns-regenerate ()
  "An answer taken out is asked for again."
  (test-turns--has (test-turns--decide (test-turns--before "## assistant (p/m)\n\ntwo" test-turns--page))
                   :kind 'regenerate :regenerate "3" :at 2))

(ert-deftest test-turns-refused ()
  "What cannot be asked is refused, with its place."
  (cl-loop for (from to at) in '(("one" "won" "## assistant") ("first" "" "## user")
                                 ("first\n\n## assistant" "first\n\n## tool" "## tool"))
           do (let* ((page (test-turns--swap from to test-turns--page)) (wish (test-turns--decide page)))
                (test-turns--has wish :kind 'refused :beg (1+ (string-search at page)))
                (should (stringp (plist-get wish :message))))))

(ert-deftest test-turns-unsent ()
  "What else was written is kept."
  (cl-flet ((unsent (page) (askd-branch-unsent test-turns--path (car (test-turns--read page)) 1)))
    (should (equal (unsent (concat test-turns--page "third\n\n## user\n\nfourth")) "third\n\nfourth"))
    (should (equal (unsent test-turns--page) ""))))

(ert-deftest test-turns-attachments ()
  "Attachments are lines that can be taken out."
  (let* ((parts (test-turns--json
                 "[{\"type\":\"file\",\"name\":\"a-->b.c\",\"data\":\"xyz\"},
                   {\"type\":\"text\",\"text\":\"## user\\nline\"},
                   {\"type\":\"text\",\"text\":\"what is this?\"}]"))
         (path (list (test-turns--message "1" nil "user" parts)))
         (page (askd-turns-of-message (car path))))
    (should (equal (split-string page "\n")
                   '("## user" "" "### part file" "<!-- askd {\"part\":1,\"name\":\"a--\\u003eb.c\",\"bytes\":3} -->" ""
                     "### part text" "<!-- askd {\"part\":2,\"lines\":2,\"begins\":\"## user\"} -->" ""
                     "### part text" "" "what is this?")))
    (test-turns--has (test-turns--decide page path) :kind 'regenerate :regenerate "1" :at 0)
    (let ((wish (test-turns--decide (test-turns--swap "what is" "who is" page) path)))
      (test-turns--has wish :prompt "who is this?" :parts (list (aref parts 0) (aref parts 1))))
    (let* ((lines (split-string page "\n"))
           (wish (test-turns--decide (string-join (cons (car lines) (nthcdr 5 lines)) "\n") path)))
      (test-turns--has wish :kind 'edit :parts (list (aref parts 1))))))

(ert-deftest test-turns-every-text-is-read-back ()
  "Whatever a turn holds is read back as it was."
  (dolist (text '("" "plain" "## user" "\\## user" "\\\\### part text" "```\n## assistant (a/b)\n```"
                  "<!-- askd {} -->" "nul\0byte" "cr\rwithin" "### reasoning\n\nx" "## users" " ## user" "a\n\n\nb"
                  "<!-- askd {}" "## user \t" "## USER" "  indented" "é ünï\n\n## tool x"))
    (dolist (role '("user" "assistant"))
      (let ((turns (car (test-turns--read
                         (concat (askd-turns-of-message (test-turns--message "1" nil role text))
                                 "\n\n## user\n\nbehind")))))
        (should (equal (mapcar #'askd-turn-role turns) (list role "user")))
        (should (equal (askd-turn-text (car turns)) text))
        (should (equal (askd-turn-text (cadr turns)) "behind"))))))

(ert-deftest test-turns-dos-line-ends ()
  "Line ends of DOS are not shown."
  (should (equal (askd-turns-of-message (test-turns--message "1" nil "user" "one\r\n\r\ntwo\r\n"))
                 "## user\n\none\n\ntwo")))

(ert-deftest test-turns-large ()
  "A long page, and one of blank lines alone, are read without a limit of regular expressions."
  (let ((blank (make-string 300000 ?\n)))
    (should (equal (askd-turns-escaped (concat blank "x" blank)) "x"))
    (should (equal (askd-turn-text (caar (test-turns--read (concat "## user\n" blank "x" blank)))) "x"))))

(ert-deftest test-turns-instructions ()
  "Instructions stand beside the turns."
  (let ((read (test-turns--read "## instructions\n\nBe brief.\n\n## user\n\nhello")))
    (should (equal (cdr read) "Be brief."))
    (should (equal (mapcar #'askd-turn-text (car read)) '("hello")))))

(ert-deftest test-turns-tree ()
  "Branches of a conversation."
  (let* ((messages (append test-turns--path (list (test-turns--message "5" "2" "user" "other"))))
         (conversation (make-hash-table :test #'equal))
         (tree (progn (puthash "messages" (vconcat messages) conversation)
                      (puthash "head" "5" conversation)
                      (askd-tree-of conversation)))
         (ids (lambda (found) (mapcar (lambda (m) (gethash "id" m)) found))))
    (should (equal (funcall ids (askd-tree-path tree "5")) '("1" "2" "5")))
    (should (equal (funcall ids (askd-tree-siblings tree "3")) '("3" "5")))
    (should (equal (askd-tree-place tree "5") 1))
    (should (equal (askd-tree-tip tree "3") "4"))
    (should (equal (askd-tree-tip tree "1") "5"))
    (should (equal (funcall ids (askd-tree-tips tree)) '("4" "5")))
    (should (null (askd-tree-path tree "nowhere")))))

;;; Code in answers

(ert-deftest test-turns-name-of-block ()
  "The file that a block names."
  (cl-loop for (info first before name)
           in '(("lua src/x.lua" "" "" "src/x.lua") ("lua:src/x.lua" "" "" "src/x.lua")
                ("python title=\"a_b.py\"" "" "" "a_b.py") ("c" "// src/main.c" "" "src/main.c")
                ("c" "/* src/main.c */" "" "src/main.c") ("html" "<!-- index.html -->" "" "index.html")
                ("elisp" ";; lisp/a-b.el" "" "lisp/a-b.el")
                ("sh" "" "Put this into `bin/run.sh`:" "bin/run.sh") ("diff" "+++ b/lib/x.c" "" "lib/x.c")
                ("lua" "local x = 1" "Here it is:" nil) ("" "# a comment" "" nil))
           do (should (equal (askd-patch-name-of (make-askd-block :info info :lines (list first) :before before)) name))))

(ert-deftest test-turns-block-at-line ()
  "The block at a line."
  (let ((page '("x" "````md" "```" "inner" "```" "````" "y" "~~~sh" "z")))
    (cl-loop for row from 1 to 5
             do (should (equal (askd-block-lines (askd-patch-block-at page row)) '("```" "inner" "```"))))
    (should-not (askd-patch-block-at page 0))
    (should-not (askd-patch-block-at page 6))
    (should (equal (askd-block-lines (askd-patch-block-at page 8)) '("z")))))

(ert-deftest test-turns-diff ()
  "A diff goes where its lines are."
  (let ((file '("a" "b" "c" "d" "" "a" "b")))
    (cl-loop for (diff result)
             in '((("--- a/x" "+++ b/x" "@@ -1,3 +1,3 @@" " a" "-b" "+B" " c") ("a" "B" "c" "d" "" "a" "b"))
                  (("@@ -6,2 +6,2 @@" " a" "-b" "+B") ("a" "b" "c" "d" "" "a" "B"))
                  (("@@" " c" "+new" " d") ("a" "b" "c" "new" "d" "" "a" "b"))
                  (("@@ -2,1 +2,2 @@" " b" "+x" "@@ -6,1 +7,1 @@" "-a" "+A") ("a" "b" "x" "c" "d" "" "A" "b"))
                  (("@@ -3,1 +3,1 @@" "-d" "+D" "") ("a" "b" "c" "D" "" "a" "b"))
                  (("@@ -2,0 +3,1 @@" "+new") ("a" "b" "new" "c" "d" "" "a" "b")))
             do (should (equal (askd-patch-apply file diff) result)))
    (should (stringp (askd-patch-apply file '("@@ -1,1 +1,1 @@" "-nowhere" "+x"))))
    (should (equal (askd-patch-apply nil '("@@ -0,0 +1,1 @@" "+new")) '("new")))))

(ert-deftest test-turns-diff-of-files ()
  "A diff about several files is read file by file."
  (let ((diff '("diff --git a/x b/x" "--- a/x" "+++ b/x" "@@ -1 +1 @@" "-a" "+b" "--- a/y" "+++ b/y" "@@ -1 +1 @@")))
    (should (askd-patch-is-patch diff))
    (should (equal (mapcar (lambda (file) (cons (car file) (askd-patch-file-name (cdr file)))) (askd-patch-files diff))
                   '((0 . "x") (6 . "y"))))))

(ert-deftest test-turns-names-below-here ()
  "A name out of an answer leads to files below the folder."
  (should (askd-patch-below-here-p "src/x.c"))
  (dolist (name '("/etc/passwd" "~/x.c" "../x.c" "a/../../x.c" "/ssh:host:/x.c"))
    (should-not (askd-patch-below-here-p name))))

(provide 'test-turns)

;;; test-turns.el ends here
