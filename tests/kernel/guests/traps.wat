;; Traps in the way that its first argument's first letter says ("a", "b", ...); other letters end with exit code 0.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (type $nothing (func))
  (type $one (func (param i32)))
  (memory (export "memory") 1)
  (table $functions 4 funcref)
  (table $small 1 funcref)
  (elem (table $functions) (i32.const 0) func $load $divide)
  (global $depth (mut i32) (i32.const 0))

  (func $load (drop (i32.load (i32.const 65533))))
  (func $divide (drop (i32.div_s (global.get $depth) (i32.const 0))))
  (func $overflow (drop (i32.div_s (i32.sub (i32.const 0x80000000) (global.get $depth)) (i32.const -1))))
  (func $recurse (param i32) (result i32)
    (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (local.get 0)))

  (func (export "_start")
    (drop (call $args_get (i32.const 64) (i32.const 128)))
    (block $z (block $n (block $m (block $l (block $k (block $j (block $i (block $h (block $g (block $f (block $e
    (block $d (block $c (block $b (block $a
      (br_table $a $b $c $d $e $f $g $h $i $j $k $l $m $n $z
        (i32.sub (i32.load8_u (i32.load (i32.const 68))) (i32.const 97))))
      (unreachable))
      (call $load) (return))
      (i32.store8 offset=0xffffffff (i32.const -1) (i32.const 1)) (return))
      (memory.fill (i32.const 65500) (i32.const 1) (i32.const 100)) (return))
      (drop (table.get $small (i32.const 1))) (return))
      (call $divide) (return))
      (call $overflow) (return))
      (drop (i32.trunc_f64_s (f64.const 1e300))) (return))
      (drop (i64.trunc_f32_u (f32.const nan))) (return))
      (call_indirect $functions (type $nothing) (i32.const 4)) (return))
      (call_indirect $functions (type $nothing) (i32.const 3)) (return))
      (call_indirect $functions (type $one) (i32.const 1) (i32.const 0)) (return))
      (drop (call $recurse (i32.const 0))) (return))
      (memory.copy (i32.const 0) (i32.const 0xffffffff) (i32.const 2)) (return))))
