;; Throws a million exceptions and catches them, then one through 100,000 frames. The exit code says what went wrong, 0
;; that nothing did. With an argument the last exception has no handler.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (tag $number (param i32))
  (tag $pair (param i64 f64))

  (func $throw (param i32) (throw $number (local.get 0)))
  (func $throw_pair (throw $pair (i64.const 5) (f64.const 0.5)))
  (func $recurse (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (call $throw_pair)))
    (i32.add (call $recurse (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))

  (func $many (result i32) (local $i i32) (local $wrong i32)
    (loop $again
      (try
        (do (call $throw (local.get $i)))
        (catch $pair (drop) (drop) (local.set $wrong (i32.const 1)))
        (catch $number (if (i32.ne (local.get $i)) (then (local.set $wrong (i32.const 1))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000000))))
    (local.get $wrong))

  (func $deep (result f64) (local $half f64)
    (try (result f64)
      (do (drop (call $recurse (i32.const 100000))) (f64.const 0))
      (catch $pair
        (local.set $half)
        (f64.mul (f64.convert_i64_s) (local.get $half)))))

  (func (export "_start")
    (if (call $many) (then (call $proc_exit (i32.const 1))))
    (if (f64.ne (call $deep) (f64.const 2.5)) (then (call $proc_exit (i32.const 2))))
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 1)) (then (call $throw_pair)))))
