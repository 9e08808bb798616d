;;; askd-msgpack.el --- MessagePack, whole and in pieces -*- lexical-binding: t; -*-

;; Part of askd; see askd.el.

;;; Commentary:

;; Values as MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), and back.  It knows nothing of askd.
;;
;;     MessagePack         Emacs Lisp
;;     nil, false, true    nil, :false, t
;;     int                 an integer, up to 64 bits
;;     float               a float; it goes out with 64 bits
;;     str                 a string; what is no UTF-8 goes out as U+FFFD, and comes in as raw bytes
;;     bin                 a record `askd-msgpack-bin' with a unibyte string
;;     array               a vector
;;     map                 a hash table
;;     ext                 a record `askd-msgpack-ext' with its type and a unibyte string
;;
;; What comes is read by a *decoder*, which takes bytes in any pieces: `askd-msgpack-feed' gives it some,
;; `askd-msgpack-next' takes out a value that is whole.  Nothing is read twice, however it was cut, and a large value can
;; be read a while at a time.  What is nested too deeply, or too large, is an error as soon as it is announced:
;; `askd-msgpack-error', behind which a decoder is of no use any more.

;;; Code:

(require 'cl-lib)

(define-error 'askd-msgpack-error "MessagePack")

(cl-defstruct (askd-msgpack-bin (:constructor askd-msgpack-bin (bytes)))
  "Bytes that are no text."
  bytes)

(cl-defstruct (askd-msgpack-ext (:constructor askd-msgpack-ext (type bytes)))
  "Bytes of a TYPE from -128 to 127."
  type bytes)

(defun askd-msgpack--fault (format &rest args)
  "Signal an error with a message of FORMAT and ARGS."
  (signal 'askd-msgpack-error (list (apply #'format format args))))

;;; Floats

(defconst askd-msgpack--float-forms
  '((4 . (8 23)) (8 . (11 52)))
  "The bits of exponent and fraction of an IEEE 754 number, by its bytes.")

(defun askd-msgpack--float-bits (x)
  "The 64 bits of the float X as an integer."
  (let ((sign (if (< (copysign 1.0 x) 0) (ash 1 63) 0))
        (x (abs x)))
    (logior sign
            (cond ((isnan x) (ash #xfff 51))
                  ((= x 1.0e+INF) (ash #x7ff 52))
                  ((< x (ldexp 1.0 -1022)) (truncate (ldexp x 1074)))
                  (t (pcase-let ((`(,fraction . ,exponent) (frexp x)))
                       (+ (ash (+ exponent 1022) 52)
                          (- (truncate (ldexp fraction 53)) (ash 1 52)))))))))

(defun askd-msgpack--float-of (bits bytes)
  "The float whose BITS are those of an IEEE 754 number of so many BYTES."
  (pcase-let* ((`(,exponent-bits ,fraction-bits) (cdr (assq bytes askd-msgpack--float-forms)))
               (greatest (1- (ash 1 exponent-bits)))
               (exponent (logand (ash bits (- fraction-bits)) greatest))
               (fraction (logand bits (1- (ash 1 fraction-bits))))
               (least (- 2 (ash 1 (1- exponent-bits)) fraction-bits))
               (size (cond ((= exponent 0) (ldexp (float fraction) least))
                           ((< exponent greatest)
                            (ldexp (float (+ fraction (ash 1 fraction-bits))) (+ least exponent -1)))
                           ((= fraction 0) 1.0e+INF)
                           (t 0.0e+NaN))))
    (if (= 0 (ash bits (- (+ exponent-bits fraction-bits)))) (abs size) (- (abs size)))))

;;; What goes out

(defconst askd-msgpack--no-scalar
  (format "[%c-%c%c-%c%c-%c]" #xd800 #xdfff #x110000 #x3fff7f #x3fff80 #x3fffff)
  "What may be a character of Emacs and is none of Unicode.")

(defun askd-msgpack--utf-8 (string)
  "STRING as bytes in UTF-8."
  (let ((text (if (multibyte-string-p string) string (decode-coding-string string 'utf-8-unix))))
    (encode-coding-string (if (string-match-p askd-msgpack--no-scalar text)
                              (replace-regexp-in-string askd-msgpack--no-scalar "\ufffd" text t t)
                            text)
                          'utf-8-unix)))

(defun askd-msgpack--big-endian (n bytes)
  "The integer N, which may be negative, as so many BYTES."
  (let ((out (make-string bytes 0)))
    (dotimes (i bytes)
      (aset out (- bytes i 1) (logand n 255))
      (setq n (ash n -8)))
    out))

(defun askd-msgpack--head (type n bytes)
  "The byte TYPE, and behind it N as so many BYTES."
  (concat (unibyte-string type) (askd-msgpack--big-endian n bytes)))

(defun askd-msgpack--length (n &rest forms)
  "The head of something that has the length N.
FORMS are (MOST TYPE BYTES), or (MOST TYPE) where N is part of TYPE."
  (pcase (cl-find-if (lambda (form) (<= n (car form))) forms)
    (`(,_ ,type) (unibyte-string (+ type n)))
    (`(,_ ,type ,bytes) (askd-msgpack--head type n bytes))
    (_ (askd-msgpack--fault "%d is too long" n))))

(defun askd-msgpack--integer (n)
  "The integer N in as few bytes as can be."
  (cond ((<= 0 n #x7f) (unibyte-string n))
        ((<= -32 n -1) (unibyte-string (+ n 256)))
        ((<= 0 n #xff) (askd-msgpack--head #xcc n 1))
        ((<= 0 n #xffff) (askd-msgpack--head #xcd n 2))
        ((<= 0 n #xffffffff) (askd-msgpack--head #xce n 4))
        ((<= 0 n #xffffffffffffffff) (askd-msgpack--head #xcf n 8))
        ((<= #x-80 n -1) (askd-msgpack--head #xd0 n 1))
        ((<= #x-8000 n -1) (askd-msgpack--head #xd1 n 2))
        ((<= #x-80000000 n -1) (askd-msgpack--head #xd2 n 4))
        ((<= #x-8000000000000000 n -1) (askd-msgpack--head #xd3 n 8))
        (t (askd-msgpack--fault "%d does not fit into 64 bits" n))))

(defun askd-msgpack--ext (ext)
  "The pieces of EXT, last first."
  (let* ((type (askd-msgpack-ext-type ext))
         (bytes (askd-msgpack-ext-bytes ext))
         (n (length bytes))
         (fixed (cl-position n [1 2 4 8 16])))
    (unless (and (integerp type) (<= -128 type 127))
      (askd-msgpack--fault "%S is no type of an ext" type))
    (list bytes
          (unibyte-string (logand type 255))
          (if fixed
              (unibyte-string (+ #xd4 fixed))
            (askd-msgpack--length n '(#xff #xc7 1) '(#xffff #xc8 2) '(#xffffffff #xc9 4))))))

(defun askd-msgpack--put (value out)
  "OUT, a list of pieces, with those of VALUE before it, the last one first."
  (cond
   ((null value) (cons "\xc0" out))
   ((eq value t) (cons "\xc3" out))
   ((eq value :false) (cons "\xc2" out))
   ((integerp value) (cons (askd-msgpack--integer value) out))
   ((floatp value) (cons (askd-msgpack--head #xcb (askd-msgpack--float-bits value) 8) out))
   ((stringp value)
    (let ((bytes (askd-msgpack--utf-8 value)))
      (cl-list* bytes
                (askd-msgpack--length (length bytes) '(31 #xa0) '(#xff #xd9 1) '(#xffff #xda 2) '(#xffffffff #xdb 4))
                out)))
   ((askd-msgpack-bin-p value)
    (let ((bytes (askd-msgpack-bin-bytes value)))
      (cl-list* bytes
                (askd-msgpack--length (length bytes) '(#xff #xc4 1) '(#xffff #xc5 2) '(#xffffffff #xc6 4))
                out)))
   ((askd-msgpack-ext-p value) (append (askd-msgpack--ext value) out))
   ((vectorp value)
    (push (askd-msgpack--length (length value) '(15 #x90) '(#xffff #xdc 2) '(#xffffffff #xdd 4)) out)
    (mapc (lambda (item) (setq out (askd-msgpack--put item out))) value)
    out)
   ((hash-table-p value)
    (push (askd-msgpack--length (hash-table-count value) '(15 #x80) '(#xffff #xde 2) '(#xffffffff #xdf 4)) out)
    (maphash (lambda (key item)
               (setq out (askd-msgpack--put item (askd-msgpack--put key out))))
             value)
    out)
   (t (askd-msgpack--fault "there is no form for %S" (type-of value)))))

(defun askd-msgpack-encode (value)
  "VALUE as a unibyte string."
  (let ((pieces (nreverse (askd-msgpack--put value nil))))
    (when (cl-some #'multibyte-string-p pieces)
      (askd-msgpack--fault "the bytes of a bin or an ext have to be a unibyte string"))
    (apply #'concat pieces)))

;;; What comes in

(cl-defstruct (askd-msgpack-decoder
               (:constructor askd-msgpack-decoder (&optional max-bytes max-depth)))
  "Reads what comes in pieces; a value has at most MAX-BYTES and is nested at most MAX-DEPTH deep.
`data' is read up to `at'; the `pieces' behind it, last first, are put to it
once there are as many bytes as are `needed'.  `open' is the list of arrays
and maps that are not whole, `size' what the value has so far."
  (max-bytes (* 256 1048576)) (max-depth 64) (data "") (at 0) pieces (have 0) (needed 1) open (size 0))

(cl-defstruct (askd-msgpack--open (:constructor askd-msgpack--open (left table)))
  "An array or map (which has a TABLE) that is not whole: values are LEFT to come."
  left table items (key nil) (has-key nil))

(defconst askd-msgpack--between-looks 64 "Items that are read between two looks at the time.")

(defconst askd-msgpack--rows
  [(nil) (fault) (:false) (t)
   (bin 1) (bin 2) (bin 4)
   (ext 1) (ext 2) (ext 4)
   (float 4) (float 8)
   (uint 1) (uint 2) (uint 4) (uint 8)
   (int 1) (int 2) (int 4) (int 8)
   (fixext 1) (fixext 2) (fixext 4) (fixext 8) (fixext 16)
   (str 1) (str 2) (str 4)
   (array 2) (array 4)
   (map 2) (map 4)]
  "What begins with #xc0 and so on: its kind, and the bytes of number or length.")

(defun askd-msgpack-feed (decoder bytes)
  "Give DECODER more BYTES, a unibyte string."
  (push bytes (askd-msgpack-decoder-pieces decoder))
  (cl-incf (askd-msgpack-decoder-have decoder) (length bytes)))

(defun askd-msgpack-pending-p (decoder)
  "Whether DECODER has something that `askd-msgpack-next' has not read."
  (>= (askd-msgpack-decoder-have decoder) (askd-msgpack-decoder-needed decoder)))

(defun askd-msgpack--gather (decoder)
  "Whether DECODER has as many bytes as it needs, in one string then."
  (when (askd-msgpack-pending-p decoder)
    (when (askd-msgpack-decoder-pieces decoder)
      (setf (askd-msgpack-decoder-data decoder)
            (apply #'concat
                   (substring (askd-msgpack-decoder-data decoder) (askd-msgpack-decoder-at decoder))
                   (nreverse (askd-msgpack-decoder-pieces decoder)))
            (askd-msgpack-decoder-at decoder) 0
            (askd-msgpack-decoder-pieces decoder) nil))
    t))

(defun askd-msgpack--unsigned (data at bytes)
  "The number of so many BYTES that DATA has AT there."
  (let ((n 0))
    (dotimes (i bytes)
      (setq n (logior (ash n 8) (aref data (+ at i)))))
    n))

(defun askd-msgpack--signed (n bytes)
  "N, of so many BYTES, as a number that may be negative."
  (if (< n (ash 1 (1- (* 8 bytes)))) n (- n (ash 1 (* 8 bytes)))))

(defun askd-msgpack--take (decoder bytes)
  "Take so many BYTES from DECODER: the place of the first, or nil."
  (cond
   ((> (+ (askd-msgpack-decoder-size decoder) bytes) (askd-msgpack-decoder-max-bytes decoder))
    (askd-msgpack--fault "a value is larger than %d bytes" (askd-msgpack-decoder-max-bytes decoder)))
   ((<= bytes (- (length (askd-msgpack-decoder-data decoder)) (askd-msgpack-decoder-at decoder)))
    (cl-decf (askd-msgpack-decoder-have decoder) bytes)
    (cl-incf (askd-msgpack-decoder-size decoder) bytes)
    (setf (askd-msgpack-decoder-needed decoder) 1)
    (prog1 (askd-msgpack-decoder-at decoder)
      (cl-incf (askd-msgpack-decoder-at decoder) bytes)))
   (t (setf (askd-msgpack-decoder-needed decoder) bytes)
      nil)))

(defun askd-msgpack--peek (decoder head bytes)
  "The number of BYTES behind HEAD ones of DECODER, or nil if they are to come."
  (let ((data (askd-msgpack-decoder-data decoder))
        (at (+ (askd-msgpack-decoder-at decoder) head)))
    (if (<= (+ at bytes) (length data))
        (askd-msgpack--unsigned data at bytes)
      (setf (askd-msgpack-decoder-needed decoder) (+ head bytes))
      nil)))

(defun askd-msgpack--payload (decoder head n make)
  "Take HEAD bytes and N from DECODER: a list with the value by MAKE, or nil."
  (let ((at (askd-msgpack--take decoder (+ head n))))
    (when at
      (list (funcall make (substring (askd-msgpack-decoder-data decoder) (+ at head) (+ at head n)))))))

(defun askd-msgpack--str (bytes)
  "BYTES as text."
  (decode-coding-string bytes 'utf-8-unix t))

(defun askd-msgpack--ext-of (bytes)
  "The ext whose type is the first of BYTES."
  (askd-msgpack-ext (askd-msgpack--signed (aref bytes 0) 1) (substring bytes 1)))

(defun askd-msgpack--begin (decoder head n table)
  "Begin an array in DECODER, or a map if TABLE, of N values behind HEAD bytes.
Return a list with it where it is empty already, nil where its head has not
come, else `open'."
  (when (askd-msgpack--take decoder head)
    (cond
     ((> n (askd-msgpack-decoder-max-bytes decoder)) ; each has a byte at least
      (askd-msgpack--fault "a value is larger than %d bytes" (askd-msgpack-decoder-max-bytes decoder)))
     ((>= (length (askd-msgpack-decoder-open decoder)) (askd-msgpack-decoder-max-depth decoder))
      (askd-msgpack--fault "a value is nested deeper than %d" (askd-msgpack-decoder-max-depth decoder)))
     ((= n 0) (list (if table (make-hash-table :test #'equal :size 1) [])))
     (t (push (askd-msgpack--open n (and table (make-hash-table :test #'equal :size (min (/ n 2) 1024))))
              (askd-msgpack-decoder-open decoder))
        'open))))

(defun askd-msgpack--long (decoder type)
  "The `askd-msgpack--item' of DECODER whose TYPE is from #xc0 to #xdf."
  (pcase-let* ((`(,kind ,bytes) (aref askd-msgpack--rows (- type #xc0)))
               (n (and (memq kind '(bin ext float uint int str array map))
                       (or (askd-msgpack--peek decoder 1 bytes) 'missing)))
               (head (1+ (or bytes 0))))
    (pcase kind
      ((guard (eq n 'missing)) nil)
      ('bin (askd-msgpack--payload decoder head n #'askd-msgpack-bin))
      ('str (askd-msgpack--payload decoder head n #'askd-msgpack--str))
      ('ext (askd-msgpack--payload decoder head (1+ n) #'askd-msgpack--ext-of))
      ('fixext (askd-msgpack--payload decoder 1 (1+ bytes) #'askd-msgpack--ext-of))
      ('array (askd-msgpack--begin decoder head n nil))
      ('map (askd-msgpack--begin decoder head (* 2 n) t))
      ('fault (askd-msgpack--fault "0x%x begins nothing" type))
      ('uint (and (askd-msgpack--take decoder head) (list n)))
      ('int (and (askd-msgpack--take decoder head) (list (askd-msgpack--signed n bytes))))
      ('float (and (askd-msgpack--take decoder head) (list (askd-msgpack--float-of n bytes))))
      (_ (and (askd-msgpack--take decoder 1) (list kind))))))

(defun askd-msgpack--item (decoder)
  "The next item of DECODER: (VALUE), `open', or nil where it is to come.
It is open where an array or a map has begun."
  (let ((type (askd-msgpack--peek decoder 0 1)))
    (cond
     ((null type) nil)
     ((< type #x80) (and (askd-msgpack--take decoder 1) (list type)))
     ((>= type #xe0) (and (askd-msgpack--take decoder 1) (list (- type 256))))
     ((< type #x90) (askd-msgpack--begin decoder 1 (* 2 (logand type 15)) t))
     ((< type #xa0) (askd-msgpack--begin decoder 1 (logand type 15) nil))
     ((< type #xc0) (askd-msgpack--payload decoder 1 (logand type 31) #'askd-msgpack--str))
     (t (askd-msgpack--long decoder type)))))

(defun askd-msgpack--add (open value)
  "Add VALUE to what is OPEN; whether that is whole now."
  (cond
   ((not (askd-msgpack--open-table open)) (push value (askd-msgpack--open-items open)))
   ((askd-msgpack--open-has-key open)
    (puthash (askd-msgpack--open-key open) value (askd-msgpack--open-table open))
    (setf (askd-msgpack--open-has-key open) nil))
   (t (setf (askd-msgpack--open-key open) value
            (askd-msgpack--open-has-key open) t)))
  (= 0 (cl-decf (askd-msgpack--open-left open))))

(defun askd-msgpack--close (open)
  "The value that OPEN has become."
  (or (askd-msgpack--open-table open)
      (vconcat (nreverse (askd-msgpack--open-items open)))))

(defun askd-msgpack--settle (decoder item)
  "Put ITEM, (VALUE), where it belongs in DECODER.
Return it, or what it has made whole; nil: it is part of what is to come."
  (while (and item (askd-msgpack-decoder-open decoder))
    (let ((open (car (askd-msgpack-decoder-open decoder))))
      (setq item (and (askd-msgpack--add open (car item))
                      (list (askd-msgpack--close (pop (askd-msgpack-decoder-open decoder))))))))
  item)

(defun askd-msgpack-next (decoder &optional stop)
  "Take the next value out of DECODER: (VALUE), or nil where none has come whole.
It is nil too where the time STOP, of `float-time', has come meanwhile: the next
call goes on from there."
  (let ((count 0) item whole)
    (while (and (not whole)
                (not (and stop
                          (= 0 (% (cl-incf count) askd-msgpack--between-looks))
                          (>= (float-time) stop)))
                (askd-msgpack--gather decoder)
                (setq item (askd-msgpack--item decoder)))
      (setq whole (and (consp item) (askd-msgpack--settle decoder item))))
    (when whole
      (setf (askd-msgpack-decoder-size decoder) 0))
    whole))

(defun askd-msgpack-decode (bytes)
  "The one value that BYTES, a unibyte string, are."
  (let ((decoder (askd-msgpack-decoder)))
    (askd-msgpack-feed decoder bytes)
    (let ((item (askd-msgpack-next decoder)))
      (cond ((null item) (askd-msgpack--fault "the value is not whole"))
            ((> (askd-msgpack-decoder-have decoder) 0) (askd-msgpack--fault "there is more than a value"))
            (t (car item))))))

(provide 'askd-msgpack)
;;; askd-msgpack.el ends here
