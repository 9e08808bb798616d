;;; askd-compare.el --- Several models side by side  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; The same question to several models, side by side in a tab of its own.

;;; Code:

(require 'cl-lib)
(require 'tab-bar)
(require 'askd-answer)
(require 'askd-ask)
(require 'askd-client)
(require 'askd-next)
(require 'askd-pick)
(require 'askd-sink)
(require 'askd-view)

(cl-defstruct (askd-compare--arm (:copier nil))
  "The ANSWER of one MODEL in BUFFER, where SINK puts it."
  model buffer sink answer cached usage (begun (float-time)))

(defvar-local askd-compare--remark ""
  "What is told about the answer in this buffer, at its head.")

(defun askd-compare--head ()
  "What stands at the head of this buffer, where per cent signs are doubled."
  (list " " (propertize (string-replace "%" "%%" (askd-one-line askd-answer-model)) 'face 'bold)
        "  " (string-replace "%" "%%" askd-compare--remark)))

(defun askd-compare--tell (arm text)
  "Tell TEXT at the head of the buffer of ARM."
  (when (buffer-live-p (askd-compare--arm-buffer arm))
    (with-current-buffer (askd-compare--arm-buffer arm)
      (setq askd-compare--remark (askd-one-line text))
      (force-mode-line-update))))

(defun askd-compare--remark-of (arm)
  "What is told about the answer of ARM once it has ended."
  (if (askd-compare--arm-cached arm)
      "cached"
    (let ((cost (askd-view-cost (askd-compare--arm-usage arm)))
          (time (format "%.1f s" (- (float-time) (askd-compare--arm-begun arm)))))
      (if (string-empty-p cost) time (concat cost ", " time)))))

(defun askd-compare--ended (arm err)
  "The answer of ARM has ended, with ERR or well."
  (when (buffer-live-p (askd-compare--arm-buffer arm))
    (askd-set-running (askd-compare--arm-buffer arm) nil))
  (askd-compare--tell arm (if err (gethash "code" err) (askd-compare--remark-of arm)))
  (when err
    (askd-tell-error err)))

(defun askd-compare--arm (model)
  "An arm for MODEL, with a buffer that is not shown yet."
  (let* ((buffer (askd-answer-buffer)) (arm (make-askd-compare--arm :model model :buffer buffer)))
    (with-current-buffer buffer
      (setq askd-answer-model model
            header-line-format '(:eval (askd-compare--head))))
    (setf (askd-compare--arm-sink arm)
          (askd-sink-into buffer 'end
                          :on-start (apply-partially #'askd-answer--started buffer)
                          :on-end (lambda (err _result) (askd-compare--ended arm err))))
    arm))

(defun askd-compare--lay-out (arms)
  "Show ARMS from left to right in a tab of their own."
  (let ((tab-bar-new-tab-choice t))
    (tab-bar-new-tab))
  (delete-other-windows)
  (let ((window (selected-window)))
    (cl-loop for (arm . more) on arms
             do
             (set-window-buffer window (askd-compare--arm-buffer arm))
             (when more
               (setq window (split-window window nil 'right)))))
  (balance-windows))

(defun askd-compare--stop (arm call)
  "What ends the answer of ARM alone, or CALL where there is none yet."
  (lambda ()
    (if (askd-compare--arm-answer arm)
        (askd-request "answer.cancel" (askd-map "answer" (askd-compare--arm-answer arm)) #'ignore)
      (askd-call-cancel call))))

(defun askd-compare--event (arm event seq id)
  "ARM takes EVENT number SEQ of the answer ID.
Each arm ends with its own last event; the call's reply comes when all have."
  (let ((sink (askd-compare--arm-sink arm)))
    (askd-sink-event sink event seq id)
    (pcase (gethash "type" event)
      ("start" (setf (askd-compare--arm-answer arm) id
                     (askd-compare--arm-cached arm) (eq (gethash "cached" event) t)))
      ("usage" (setf (askd-compare--arm-usage arm) event))
      ("done" (askd-sink-finish sink nil nil))
      ("error" (askd-sink-finish sink event nil)))))

(defun askd-compare--map (arm place answers)
  "The map in ANSWERS of the answer of ARM; of one that never began, that at PLACE."
  (if (askd-compare--arm-answer arm)
      (cl-find (askd-compare--arm-answer arm) answers :test #'equal :key (lambda (map) (gethash "answer" map)))
    (and (< place (length answers)) (elt answers place))))

(defun askd-compare--finish (arms err result)
  "The call for ARMS has ended with ERR or RESULT."
  (cl-loop for arm in arms
           for place from 0
           for map = (and result (askd-compare--map arm place (gethash "answers" result)))
           do (askd-sink-finish (askd-compare--arm-sink arm) (or err (and map (gethash "error" map))) map)))

(defun askd-compare--handle (arms key)
  "Call for each of ARMS what handles KEY in its sink."
  (dolist (arm arms)
    (funcall (plist-get (askd-sink-handlers (askd-compare--arm-sink arm)) key))))

(defun askd-compare-models (models params)
  "Ask MODELS, names; PARAMS are those of `chat' but for the model."
  (let* ((arms (mapcar #'askd-compare--arm models))
         (by-answer (make-hash-table :test #'equal))
         call)
    (askd-compare--lay-out arms)
    (setq call
          (askd-stream
           "compare" (progn (puthash "models" (vconcat models) params) params)
           :on-event (lambda (event seq id)
                       (when (equal (gethash "type" event) "start")
                         (puthash id (nth (gethash "arm" event 0) arms) by-answer))
                       (when (gethash id by-answer)
                         (askd-compare--event (gethash id by-answer) event seq id)))
           :done (lambda (err result) (askd-compare--finish arms err result))
           :on-lost (lambda () (askd-compare--handle arms :on-lost))
           :on-resumed (lambda () (askd-compare--handle arms :on-resumed))))
    (dolist (arm arms)
      (askd-set-running (askd-compare--arm-buffer arm) (askd-compare--stop arm call)))
    (mapcar #'askd-compare--arm-buffer arms)))

(defun askd-compare-about (models asked buffer range)
  "Compare MODELS by what was ASKED about the RANGE of BUFFER.
The latter three are as `askd-ask-params' takes them.  Return the buffers."
  (unless (cdr models)
    (askd-refuse "name two models or more, with commas between them"))
  (let ((params (askd-ask-params asked buffer range)))
    (with-current-buffer buffer
      (run-hook-with-args 'askd-ask-extend-functions params))
    (remhash "model" params)
    (askd-compare-models models params)))

(defun askd-compare--read (items buffer range conversation)
  "Read models, of which ITEMS are known, and what to ask them.
That is about the RANGE of BUFFER, in CONVERSATION."
  (let* ((models (completing-read-multiple "Compare models (with commas between): "
                                           (askd-pick-table items 'askd-model)))
         (words (if (cdr models) (read-string (format "Ask %s: " (string-join models ", "))) "")))
    (when (and (cdr models) (string-blank-p words) (not (askd-next-waiting-prompt)))
      (askd-refuse "there is nothing to ask"))
    (askd-compare-about models (list :words words :conversation conversation) buffer range)))

;;;###autoload
(defun askd-compare (&optional go-on)
  "Ask several models the same, about the region if it is active.
Their answers stream side by side in a new tab; the question and all answers are
one conversation with a branch for each.  With a prefix argument GO-ON, that is
the conversation of this buffer, or the newest of this folder."
  (interactive "P")
  (let ((buffer (current-buffer))
        (range (askd-region))
        (conversation (if go-on (or askd-conversation "last") "new"))
        (soon (askd-pick-soon "models")))
    (askd-pick-with-models
     (lambda (items)
       (funcall soon (lambda () (askd-compare--read items buffer range conversation)))))))

(provide 'askd-compare)

;;; askd-compare.el ends here
