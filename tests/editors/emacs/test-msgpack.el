;;; test-msgpack.el --- MessagePack by the specification's vectors -*- lexical-binding: t; -*-

;;; Code:

(require 'askd-msgpack)
(require 'ert)

(defun test-msgpack--map (&rest fields)
  "A hash table of FIELDS."
  (let ((map (make-hash-table :test #'equal)))
    (while fields
      (puthash (pop fields) (pop fields) map))
    map))

(defun test-msgpack--bytes (hex)
  "The bytes that HEX is, in which N*HH stands for N times the byte HH."
  (apply #'concat
         (mapcar (lambda (word)
                   (if (string-match "\\`\\([0-9]+\\)\\*\\(..\\)\\'" word)
                       (make-string (string-to-number (match-string 1 word))
                                    (string-to-number (match-string 2 word) 16))
                     (unibyte-string (string-to-number word 16))))
                 (split-string hex "[- ]" t))))

(defun test-msgpack--same (a b)
  "Whether the values A and B are the same."
  (cond ((and (hash-table-p a) (hash-table-p b))
         (and (= (hash-table-count a) (hash-table-count b))
              (let ((same t))
                (maphash (lambda (key value)
                           (setq same (and same (test-msgpack--same value (gethash key b 'none)))))
                         a)
                same)))
        ((and (vectorp a) (vectorp b))
         (and (= (length a) (length b))
              (cl-every #'test-msgpack--same a b)))
        ((and (floatp a) (floatp b) (isnan a)) (isnan b))
        ;; 0.0 and -0.0 are not `equal' to each other, and a number of another kind never is.
        (t (equal a b))))

(defconst test-msgpack--vectors
  `((nil "c0")
    (:false "c2")
    (t "c3")
    ;; Integers that are not negative: the shortest form first.
    (0 "00" "cc-00" "cd-00-00" "ce-00-00-00-00" "cf-00-00-00-00-00-00-00-00" "d0-00" "d1-00-00" "d2-00-00-00-00"
       "d3-00-00-00-00-00-00-00-00")
    (1 "01" "cc-01" "cd-00-01" "d0-01" "d3-00-00-00-00-00-00-00-01")
    (127 "7f" "cc-7f" "d0-7f" "d1-00-7f")
    (128 "cc-80" "cd-00-80" "d1-00-80")
    (255 "cc-ff" "cd-00-ff" "d1-00-ff")
    (256 "cd-01-00" "ce-00-00-01-00" "d1-01-00")
    (65535 "cd-ff-ff" "ce-00-00-ff-ff" "d2-00-00-ff-ff")
    (65536 "ce-00-01-00-00" "d2-00-01-00-00")
    (2147483647 "ce-7f-ff-ff-ff" "d2-7f-ff-ff-ff")
    (2147483648 "ce-80-00-00-00" "cf-00-00-00-00-80-00-00-00" "d3-00-00-00-00-80-00-00-00")
    (4294967295 "ce-ff-ff-ff-ff" "cf-00-00-00-00-ff-ff-ff-ff")
    (4294967296 "cf-00-00-00-01-00-00-00-00" "d3-00-00-00-01-00-00-00-00")
    (281474976710656 "cf-00-01-00-00-00-00-00-00" "d3-00-01-00-00-00-00-00-00")
    (,most-positive-fixnum "cf-1f-ff-ff-ff-ff-ff-ff-ff")
    (,(1+ most-positive-fixnum) "cf-20-00-00-00-00-00-00-00" "d3-20-00-00-00-00-00-00-00")
    (9223372036854775807 "cf-7f-ff-ff-ff-ff-ff-ff-ff" "d3-7f-ff-ff-ff-ff-ff-ff-ff")
    (9223372036854775808 "cf-80-00-00-00-00-00-00-00")
    (18446744073709551615 "cf-ff-ff-ff-ff-ff-ff-ff-ff")
    ;; Negative ones.
    (-1 "ff" "d0-ff" "d1-ff-ff" "d2-ff-ff-ff-ff" "d3-ff-ff-ff-ff-ff-ff-ff-ff")
    (-32 "e0" "d0-e0" "d1-ff-e0")
    (-33 "d0-df" "d1-ff-df")
    (-128 "d0-80" "d1-ff-80")
    (-129 "d1-ff-7f")
    (-256 "d1-ff-00" "d2-ff-ff-ff-00")
    (-32768 "d1-80-00")
    (-32769 "d2-ff-ff-7f-ff")
    (-65536 "d2-ff-ff-00-00")
    (-2147483648 "d2-80-00-00-00")
    (-2147483649 "d3-ff-ff-ff-ff-7f-ff-ff-ff")
    (,most-negative-fixnum "d3-e0-00-00-00-00-00-00-00")
    (-9223372036854775808 "d3-80-00-00-00-00-00-00-00")
    ;; Floats: the 64 bits that go out, then the 32 bits that may come in.
    (0.0 "cb-00-00-00-00-00-00-00-00" "ca-00-00-00-00")
    (-0.0 "cb-80-00-00-00-00-00-00-00" "ca-80-00-00-00")
    (0.5 "cb-3f-e0-00-00-00-00-00-00" "ca-3f-00-00-00")
    (-0.5 "cb-bf-e0-00-00-00-00-00-00" "ca-bf-00-00-00")
    (1.0 "cb-3f-f0-00-00-00-00-00-00" "ca-3f-80-00-00")
    (0.1 "cb-3f-b9-99-99-99-99-99-9a")
    (,float-pi "cb-40-09-21-fb-54-44-2d-18")
    (4294967296.0 "cb-41-f0-00-00-00-00-00-00" "ca-4f-80-00-00")
    (9007199254740993.0 "cb-43-40-00-00-00-00-00-00")
    (1.0e+INF "cb-7f-f0-00-00-00-00-00-00" "ca-7f-80-00-00")
    (-1.0e+INF "cb-ff-f0-00-00-00-00-00-00" "ca-ff-80-00-00")
    (0.0e+NaN "cb-7f-f8-00-00-00-00-00-00" "cb-7f-f0-00-00-00-00-00-01" "ca-7f-c0-00-00" "ca-7f-80-00-01")
    (1.7976931348623157e308 "cb-7f-ef-ff-ff-ff-ff-ff-ff")
    (2.2250738585072014e-308 "cb-00-10-00-00-00-00-00-00") ; the least that is normal
    (2.225073858507201e-308 "cb-00-0f-ff-ff-ff-ff-ff-ff") ; the greatest denormal
    (5.0e-324 "cb-00-00-00-00-00-00-00-01")
    (-5.0e-324 "cb-80-00-00-00-00-00-00-01")
    (,(ldexp 1.0 -1060) "cb-00-00-00-00-00-00-40-00")
    (,(* (ldexp 1.0 127) (- 2 (ldexp 1.0 -23))) "cb-47-ef-ff-ff-e0-00-00-00" "ca-7f-7f-ff-ff")
    (,(ldexp 1.0 -126) "cb-38-10-00-00-00-00-00-00" "ca-00-80-00-00")
    (,(* (1- (ash 1 23)) (ldexp 1.0 -149)) "cb-38-0f-ff-ff-c0-00-00-00" "ca-00-7f-ff-ff")
    (,(ldexp 1.0 -149) "cb-36-a0-00-00-00-00-00-00" "ca-00-00-00-01")
    (,(- (ldexp 1.0 -149)) "cb-b6-a0-00-00-00-00-00-00" "ca-80-00-00-01")
    ;; Strings.
    ("" "a0" "d9-00" "da-00-00" "db-00-00-00-00")
    ("a" "a1-61" "d9-01-61" "da-00-01-61" "db-00-00-00-01-61")
    ("a\0b" "a3-61-00-62")
    ("1234567890123456789012345678901"
     "bf-31-32-33-34-35-36-37-38-39-30-31-32-33-34-35-36-37-38-39-30-31-32-33-34-35-36-37-38-39-30-31")
    (,(make-string 32 ?a) "d9-20 32*61")
    (,(make-string 255 ?a) "d9-ff 255*61")
    (,(make-string 256 ?a) "da-01-00 256*61")
    (,(make-string 65535 ?a) "da-ff-ff 65535*61")
    (,(make-string 65536 ?a) "db-00-01-00-00 65536*61")
    ("Кириллица" "b2-d0-9a-d0-b8-d1-80-d0-b8-d0-bb-d0-bb-d0-b8-d1-86-d0-b0")
    ("ひらがな" "ac-e3-81-b2-e3-82-89-e3-81-8c-e3-81-aa")
    ("❤" "a3-e2-9d-a4")
    ("🍺" "a4-f0-9f-8d-ba")
    ("\ufeffx\r\n" "a6-ef-bb-bf-78-0d-0a")
    ;; Bytes.
    (,(askd-msgpack-bin "") "c4-00" "c5-00-00" "c6-00-00-00-00")
    (,(askd-msgpack-bin "\1") "c4-01-01" "c5-00-01-01" "c6-00-00-00-01-01")
    (,(askd-msgpack-bin (unibyte-string 0 255)) "c4-02-00-ff")
    (,(askd-msgpack-bin (make-string 256 1)) "c5-01-00 256*01")
    (,(askd-msgpack-bin (make-string 65536 1)) "c6-00-01-00-00 65536*01")
    ;; Arrays.
    ([] "90" "dc-00-00" "dd-00-00-00-00")
    ([1] "91-01" "dc-00-01-01" "dd-00-00-00-01-01")
    ([nil :false t] "93-c0-c2-c3")
    ([1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] "9f-01-02-03-04-05-06-07-08-09-0a-0b-0c-0d-0e-0f")
    (,(make-vector 16 1) "dc-00-10 16*01")
    (,(make-vector 65536 1) "dd-00-01-00-00 65536*01")
    ([[] [[]] ["a"]] "93-90-91-90-91-a1-61")
    ;; Maps.
    (,(test-msgpack--map) "80" "de-00-00" "df-00-00-00-00")
    (,(test-msgpack--map "a" 1) "81-a1-61-01" "de-00-01-a1-61-01" "df-00-00-00-01-a1-61-01")
    (,(test-msgpack--map "a" nil "b" :false) "82-a1-61-c0-a1-62-c2")
    (,(test-msgpack--map "a" []) "81-a1-61-90")
    (,(test-msgpack--map "a" (test-msgpack--map)) "81-a1-61-80")
    (,(test-msgpack--map 1 2 nil 3 [1] 4) "83-01-02-c0-03-91-01-04")
    ([,(test-msgpack--map) ,(test-msgpack--map "a" 1)] "92-80-81-a1-61-01")
    ;; Ext, timestamps among them, which are of the type -1.
    (,(askd-msgpack-ext 1 "\20") "d4-01-10" "c7-01-01-10")
    (,(askd-msgpack-ext 2 "\40\41") "d5-02-20-21")
    (,(askd-msgpack-ext 3 "0123") "d6-03-30-31-32-33")
    (,(askd-msgpack-ext 4 "01234567") "d7-04-30-31-32-33-34-35-36-37")
    (,(askd-msgpack-ext 5 (make-string 16 ?0)) "d8-05 16*30")
    (,(askd-msgpack-ext 6 "") "c7-00-06" "c8-00-00-06" "c9-00-00-00-00-06")
    (,(askd-msgpack-ext 7 "012") "c7-03-07-30-31-32")
    (,(askd-msgpack-ext -1 "\0\0\0\1") "d6-ff-00-00-00-01")
    (,(askd-msgpack-ext -128 (make-string 256 7)) "c8-01-00-80 256*07")
    (,(askd-msgpack-ext 127 (make-string 65536 7)) "c9-00-01-00-00-7f 65536*07"))
  "Each value with its forms, the one in which it goes out first.
They are those of https://github.com/kawanet/msgpack-test-suite, and what lies
at the edges of the specification beside them.")

(ert-deftest test-msgpack-each-form-is-read ()
  (pcase-dolist (`(,value . ,forms) test-msgpack--vectors)
    (dolist (form forms)
      (let ((got (askd-msgpack-decode (test-msgpack--bytes form))))
        (ert-info (form :prefix "form: ")
          (should (test-msgpack--same value got)))))))

(ert-deftest test-msgpack-each-value-goes-out-in-its-first-form ()
  (pcase-dolist (`(,value ,form) test-msgpack--vectors)
    (let ((bytes (askd-msgpack-encode value)))
      (should-not (multibyte-string-p bytes))
      (ert-info (form :prefix "form: ")
        (should (equal bytes (test-msgpack--bytes form)))))))

(defun test-msgpack--read (bytes size)
  "The values in BYTES, which come in pieces of SIZE."
  (let ((decoder (askd-msgpack-decoder)) item values)
    (cl-loop for from from 0 below (length bytes) by size
             do (askd-msgpack-feed decoder (substring bytes from (min (length bytes) (+ from size))))
             do (while (setq item (askd-msgpack-next decoder))
                  (push (car item) values)))
    (nreverse values)))

(ert-deftest test-msgpack-whatever-way-it-is-cut-it-is-read ()
  "All vectors but the longest, behind each other, in pieces of any size."
  (let* ((short (cl-remove-if (lambda (vector) (string-search "65536*" (cadr vector))) test-msgpack--vectors))
         (wanted (cl-loop for (value . forms) in short append (make-list (length forms) value)))
         (bytes (apply #'concat (mapcan (lambda (vector) (mapcar #'test-msgpack--bytes (cdr vector))) short))))
    (dolist (size '(1 2 3 5 7 16 100 4096 1000000))
      (should (cl-every #'test-msgpack--same wanted (test-msgpack--read bytes size))))))

(ert-deftest test-msgpack-each-beginning-of-a-value-is-none ()
  (dolist (form '("93-a1-61-81-a1-62-cb-3f-e0-00-00-00-00-00-00-c4-02-01-02" "d6-03-30-31-32-33" "ce-00-01-00-00"))
    (let ((bytes (test-msgpack--bytes form)))
      (dotimes (n (length bytes))
        (let ((decoder (askd-msgpack-decoder)))
          (askd-msgpack-feed decoder (substring bytes 0 n))
          (should-not (askd-msgpack-next decoder))
          (should-error (askd-msgpack-decode (substring bytes 0 n)) :type 'askd-msgpack-error)))
      (should-error (askd-msgpack-decode (concat bytes "\0")) :type 'askd-msgpack-error))))

(ert-deftest test-msgpack-random-values-come-back ()
  (random "askd")
  (dotimes (_ 300)
    (let ((value (test-msgpack--random 4)))
      (should (test-msgpack--same value (askd-msgpack-decode (askd-msgpack-encode value)))))))

(defun test-msgpack--random (depth)
  "A random value nested at most DEPTH deep."
  (pcase (random (if (> depth 0) 9 6))
    (0 (seq-elt [nil :false t] (random 3)))
    (1 (- (random (ash 1 (1+ (random 64)))) (if (= 0 (random 2)) 0 (ash 1 (random 63)))))
    (2 (* (- (random 2000) 1000) (ldexp 1.0 (- (random 2000) 1070))))
    (3 (apply #'string (cl-loop repeat (random 40) collect (seq-elt [?a ?ä ?\0 ?❤ ?🍺 ?\n] (random 6)))))
    (4 (askd-msgpack-bin (apply #'unibyte-string (cl-loop repeat (random 300) collect (random 256)))))
    (5 (askd-msgpack-ext (- (random 256) 128) (make-string (random 20) (random 128))))
    (6 (vconcat (cl-loop repeat (random 20) collect (test-msgpack--random (1- depth)))))
    (_ (let ((map (test-msgpack--map)))
         (dotimes (_ (random 20) map)
           (puthash (number-to-string (random 1000)) (test-msgpack--random (1- depth)) map))))))

(ert-deftest test-msgpack-what-is-no-text-goes-out-replaced ()
  "As U+FFFD, so that what the daemon takes for UTF-8 is some."
  (dolist (pair `(("a\377b" . "a\ufffdb") ("\303\244" . "ä") ("\344" . "\ufffd") (,(string ?x #xd800) . "x\ufffd")
                  (,(string #x110000) . "\ufffd") (,(string-to-multibyte "\200") . "\ufffd")
                  ("\360\200\200\200" . "\ufffd\ufffd\ufffd\ufffd")))
    (should (equal (cdr pair) (askd-msgpack-decode (askd-msgpack-encode (car pair)))))))

(ert-deftest test-msgpack-text-that-is-none-comes-in-as-bytes ()
  (let ((text (askd-msgpack-decode (test-msgpack--bytes "a3-61-ff-62"))))
    (should (= 3 (length text)))
    (should (equal (encode-coding-string text 'utf-8-unix) "a\377b"))))

(ert-deftest test-msgpack-what-has-no-form-is-an-error ()
  (dolist (value (list 'symbol '(1 2) (ash 1 64) (- (1+ (ash 1 63))) (current-buffer) [symbol]
                       (askd-msgpack-bin "ä") (askd-msgpack-ext 128 "") (askd-msgpack-ext nil "")))
    (should-error (askd-msgpack-encode value) :type 'askd-msgpack-error)))

(ert-deftest test-msgpack-what-begins-nothing-is-an-error ()
  (should-error (askd-msgpack-decode "\301") :type 'askd-msgpack-error)
  (should-error (askd-msgpack-decode "\222\1\301") :type 'askd-msgpack-error))

(defun test-msgpack--refused (bytes &optional most deep)
  "Whether a decoder refuses BYTES, with MOST bytes and DEEP as its bounds."
  (let ((decoder (askd-msgpack-decoder (or most 1000) (or deep 64))))
    (condition-case nil
        (progn
          (askd-msgpack-feed decoder bytes)
          (while (askd-msgpack-next decoder))
          nil)
      (askd-msgpack-error t))))

(ert-deftest test-msgpack-depth-is-bounded ()
  (should-not (test-msgpack--refused (concat (make-string 64 #x91) "\1")))
  (should (test-msgpack--refused (make-string 65 #x91)))
  (should (test-msgpack--refused (apply #'concat (make-list 65 "\201\1")))))

(ert-deftest test-msgpack-size-is-bounded-as-soon-as-it-is-announced ()
  "By the length of one, and by what all parts of a value come to."
  (dolist (head '("db-ff-ff-ff-ff" "c6-ff-ff-ff-ff" "c9-ff-ff-ff-ff-01" "dd-ff-ff-ff-ff" "df-ff-ff-ff-ff" "da-03-e6"))
    (should (test-msgpack--refused (test-msgpack--bytes head))))
  (should-not (test-msgpack--refused (test-msgpack--bytes "da-03-e5 997*61")))
  (should (test-msgpack--refused (test-msgpack--bytes "92 da-01-f4 500*61 da-01-f4 500*61")))
  (should-not (test-msgpack--refused (test-msgpack--bytes "da-01-f4 500*61 da-01-f4 500*61 da-01-f4 500*61"))))

(ert-deftest test-msgpack-what-comes-in-many-pieces-is-not-read-again-for-each ()
  "A value of 8 MiB in pieces of 4 KiB, for which each byte is moved once."
  (let ((bytes (askd-msgpack-encode (vector (askd-msgpack-bin (make-string (* 8 1048576) 1)) 2)))
        (before (float-time)))
    (let ((values (test-msgpack--read bytes 4096)))
      (should (= 1 (length values)))
      (should (= (* 8 1048576) (length (askd-msgpack-bin-bytes (aref (car values) 0))))))
    ;; Moved for each of its pieces they would be 8 GiB.
    (should (< (- (float-time) before) 5))))

(ert-deftest test-msgpack-a-large-value-is-read-a-while-at-a-time ()
  (let* ((value (make-vector 20000 (vector 1 "two" nil)))
         (decoder (askd-msgpack-decoder))
         (pauses 0)
         item)
    (askd-msgpack-feed decoder (askd-msgpack-encode (vector value 7)))
    (while (not (setq item (askd-msgpack-next decoder (float-time))))
      (should (askd-msgpack-pending-p decoder))
      (setq pauses (1+ pauses)))
    (should (> pauses 100))
    (should (test-msgpack--same (car item) (vector value 7)))
    (should-not (askd-msgpack-pending-p decoder))
    (should-not (askd-msgpack-next decoder (float-time)))))

(provide 'test-msgpack)
;;; test-msgpack.el ends here
