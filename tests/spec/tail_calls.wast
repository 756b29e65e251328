;; Tail calls: the stack stays as it is, whatever the types of the functions that make way for one another.

(module
  (type $few (func (param i32 i64) (result i64)))
  (type $many (func (param i64 i64 i64 i64 i64 i64 i64 i64 i64 f64 f32 i32) (result i64)))
  (type $several (func (param i32) (result i32 i64 f32 f64)))
  (table funcref (elem $few $many $several))
  (func $few (type $few)
    (if (result i64) (i32.eqz (local.get 0)) (then (local.get 1))
      (else
        (return_call_indirect (type $many)
          (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)
          (i64.const 8) (local.get 1) (f64.const 1) (f32.const 2) (local.get 0) (i32.const 1)))))
  (func $many (type $many)
    (return_call $few (i32.sub (local.get 11) (i32.const 1))
      (i64.add (local.get 8) (i64.trunc_f64_s (local.get 9)))))
  (func $several (type $several)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4))))
    (return_call_indirect (type $several) (i32.sub (local.get 0) (i32.const 1)) (i32.const 2)))
  (func (export "count") (type $few) (return_call $few (local.get 0) (local.get 1)))
  (func (export "several") (type $several) (return_call $several (local.get 0)))
  (func (export "sum") (param i32) (result i64)
    (i64.add (call $few (local.get 0) (i64.const 5)) (i64.const 7)))
  (func $deep (param i32) (result i32)
    (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "deep") (result i32) (return_call $deep (i32.const 0)))
  (func (export "mismatch") (result i64) (return_call_indirect (type $few) (i32.const 1) (i64.const 1) (i32.const 1))))

(assert_return (invoke "count" (i32.const 1000000) (i64.const 0)) (i64.const 1000000))
(assert_return (invoke "several" (i32.const 1000000)) (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4))
(assert_return (invoke "sum" (i32.const 3)) (i64.const 15))
(assert_exhaustion (invoke "deep") "call stack exhausted")
(assert_trap (invoke "mismatch") "indirect call type mismatch")

;; An imported function comes back, and may be called by reference.
(module
  (import "spectest" "print_i32" (func $print (param i32)))
  (type $print (func (param i32)))
  (table funcref (elem $print $twice))
  (func $twice (param i32) (call $print (local.get 0)) (return_call $print (local.get 0)))
  (func (export "direct") (return_call $twice (i32.const 1)))
  (func (export "indirect") (param i32) (return_call_indirect (type $print) (i32.const 1) (local.get 0))))

(assert_return (invoke "direct"))
(assert_return (invoke "indirect" (i32.const 0)))
(assert_return (invoke "indirect" (i32.const 1)))
(assert_trap (invoke "indirect" (i32.const 2)) "undefined element")
