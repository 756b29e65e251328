;; Rings that delay indices, of which the optimiser prefetches what they are for (sdk/llvm/prefetch.h): nothing is to be
;; seen of that, also where an index leads out of bounds.

(module
  (memory 1 1)
  (data (i32.const 0x8000) "\00\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f")

  ;; The byte at base + 4 * (what went into the ring of 4 at 64, 4 steps before).
  (func (export "delay") (param $step i32) (param $index i32) (param $base i32) (result i32)
    (local $slot i32) (local $old i32)
    (local.set $slot (i32.shl (i32.and (local.get $step) (i32.const 3)) (i32.const 2)))
    (local.set $old (i32.load offset=64 (local.get $slot)))
    (i32.store offset=64 (local.get $slot) (local.get $index))
    (i32.load8_u (i32.add (local.get $base) (i32.shl (local.get $old) (i32.const 2)))))

  ;; The same in a loop, over the indices 0 to count - 1, with the access behind an offset: the sum of the bytes.
  (func (export "sum") (param $count i32) (param $base i32) (result i32)
    (local $slot i32) (local $old i32) (local $step i32) (local $sum i32)
    (loop $next
      (local.set $slot (i32.shl (i32.and (local.get $step) (i32.const 3)) (i32.const 2)))
      (local.set $old (i32.load offset=128 (local.get $slot)))
      (i32.store offset=128 (local.get $slot) (i32.mul (local.get $step) (i32.const 0x01010101)))
      (local.set $sum (i32.add (local.get $sum)
        (i32.load8_u offset=0x7ff0 (i32.add (local.get $base) (i32.and (local.get $old) (i32.const 0xff))))))
      (br_if $next (i32.lt_u (local.tee $step (i32.add (local.get $step) (i32.const 1))) (local.get $count))))
    (local.get $sum))

  ;; The ring's own end is out of bounds.
  (func (export "outside") (param $step i32) (param $index i32) (param $base i32) (result i32)
    (local $slot i32) (local $old i32)
    (local.set $slot (i32.add (i32.const 65520) (i32.shl (i32.and (local.get $step) (i32.const 7)) (i32.const 2))))
    (local.set $old (i32.load (local.get $slot)))
    (i32.store (local.get $slot) (local.get $index))
    (i32.load8_u (i32.add (local.get $base) (i32.shl (local.get $old) (i32.const 2)))))
)

(assert_return (invoke "delay" (i32.const 0) (i32.const 1) (i32.const 0x8000)) (i32.const 0))
(assert_return (invoke "delay" (i32.const 1) (i32.const 3) (i32.const 0x8000)) (i32.const 0))
(assert_return (invoke "delay" (i32.const 2) (i32.const 0x3fffffff) (i32.const 0x8004)) (i32.const 4))
(assert_return (invoke "delay" (i32.const 3) (i32.const 0x2fffffff) (i32.const 0x8008)) (i32.const 8))
(assert_return (invoke "delay" (i32.const 4) (i32.const 0) (i32.const 0x8001)) (i32.const 5))
(assert_return (invoke "delay" (i32.const 5) (i32.const 0) (i32.const 0x8000)) (i32.const 12))
(assert_return (invoke "delay" (i32.const 6) (i32.const 0) (i32.const 0x8008)) (i32.const 4))
(assert_trap (invoke "delay" (i32.const 7) (i32.const 0) (i32.const 0x8000)) "out of bounds memory access")
(assert_return (invoke "sum" (i32.const 12) (i32.const 16)) (i32.const 28))
(assert_trap (invoke "sum" (i32.const 4) (i32.const 0xfffffff0)) "out of bounds memory access")
(assert_return (invoke "outside" (i32.const 3) (i32.const 7) (i32.const 0x8000)) (i32.const 0))
(assert_return (invoke "outside" (i32.const 3) (i32.const -1) (i32.const 0x7ff0)) (i32.const 12))
(assert_trap (invoke "outside" (i32.const 4) (i32.const 7) (i32.const 0x8000)) "out of bounds memory access")
