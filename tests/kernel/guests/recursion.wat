;; Recurses without end, and calls WASI at every depth: it is the system that comes to the end of the stack first.
;; Every thousandth depth writes a dot to stdout; the others write to a descriptor that is not there. What a call
;; returns is divided by, so that no compiler can make a loop of it.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\01\00\00\00.")
  (func $write (param $fd i32)
    (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 20))))
  (func $recurse (param $depth i32) (result i32)
    (if (i32.rem_u (local.get $depth) (i32.const 1000))
      (then (call $write (i32.const 7)))
      (else (call $write (i32.const 1))))
    (i32.rem_u (i32.load (i32.const 0)) (call $recurse (i32.add (local.get $depth) (i32.const 1)))))
  (func (export "_start") (drop (call $recurse (i32.const 0)))))
