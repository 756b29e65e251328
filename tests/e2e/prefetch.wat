;; Rings and what looks like them: which ones the optimiser prefetches for (sdk/llvm/prefetch.h).
(module
  (memory 2)

  ;; Any of them may be called, so all are there.
  (table funcref (elem $ring $pointers $constant $field $array $table $counters $late))
  (func (export "_start") (call_indirect (i32.load (i32.const 0))))

  ;; A ring in an object, of hashes: two tables of rows at variables, one of them accessed behind an offset.
  (func $ring (param $object i32) (param $step i32) (param $hash i32) (param $rows i32) (param $tags i32)
    (result i32) (local $slot i32) (local $old i32) (local $row i32)
    (local.set $slot (i32.add (local.get $object)
      (i32.shl (i32.and (local.get $step) (i32.const 7)) (i32.const 2))))
    (local.set $old (i32.load offset=44 (local.get $slot)))
    (i32.store offset=44 (local.get $slot) (local.get $hash))
    (local.set $row (i32.shl (i32.shr_u (local.get $old) (i32.const 8)) (i32.const 4)))
    (i32.store
      (i32.add (i32.add (local.get $rows) (i32.shl (local.get $row) (i32.const 2))) (i32.and (local.get $old) (i32.const 60)))
      (local.get $step))
    (i32.load8_u offset=1000 (i32.add (local.get $tags) (local.get $row))))

  ;; A ring of pointers: what they point to is at no base.
  (func $pointers (param $object i32) (param $step i32) (param $new i32) (result i32)
    (local $slot i32) (local $old i32)
    (local.set $slot (i32.add (local.get $object)
      (i32.shl (i32.and (local.get $step) (i32.const 7)) (i32.const 2))))
    (local.set $old (i32.load (local.get $slot)))
    (i32.store (local.get $slot) (local.get $new))
    (i32.load offset=8 (local.get $old)))

  ;; A table at a constant.
  (func $constant (param $object i32) (param $step i32) (param $new i32) (result i32)
    (local $slot i32) (local $old i32)
    (local.set $slot (i32.add (local.get $object)
      (i32.shl (i32.and (local.get $step) (i32.const 7)) (i32.const 2))))
    (local.set $old (i32.load (local.get $slot)))
    (i32.store (local.get $slot) (local.get $new))
    (i32.load offset=65536 (i32.shl (local.get $old) (i32.const 2))))

  ;; A field of an object, an array that is no ring, and one as large as a table.
  (func $field (param $object i32) (param $new i32) (param $base i32) (result i32) (local $old i32)
    (local.set $old (i32.load offset=44 (local.get $object)))
    (i32.store offset=44 (local.get $object) (local.get $new))
    (i32.load (i32.add (local.get $base) (i32.shl (local.get $old) (i32.const 2)))))
  (func $array (param $object i32) (param $step i32) (param $new i32) (param $base i32) (result i32)
    (local $slot i32) (local $old i32)
    (local.set $slot (i32.add (local.get $object) (i32.shl (local.get $step) (i32.const 2))))
    (local.set $old (i32.load (local.get $slot)))
    (i32.store (local.get $slot) (local.get $new))
    (i32.load (i32.add (local.get $base) (i32.shl (local.get $old) (i32.const 2)))))
  (func $table (param $object i32) (param $step i32) (param $new i32) (param $base i32) (result i32)
    (local $slot i32) (local $old i32)
    (local.set $slot (i32.add (local.get $object)
      (i32.shl (i32.and (local.get $step) (i32.const 4095)) (i32.const 2))))
    (local.set $old (i32.load (local.get $slot)))
    (i32.store (local.get $slot) (local.get $new))
    (i32.load (i32.add (local.get $base) (i32.shl (local.get $old) (i32.const 2)))))

  ;; Counters: the old one is a place, the new one the next.
  (func $counters (param $object i32) (param $step i32) (param $base i32)
    (local $slot i32) (local $old i32)
    (local.set $slot (i32.add (local.get $object)
      (i32.shl (i32.and (local.get $step) (i32.const 255)) (i32.const 2))))
    (local.set $old (i32.load (local.get $slot)))
    (i32.store (local.get $slot) (i32.add (local.get $old) (i32.const 1)))
    (i32.store (i32.add (local.get $base) (i32.shl (local.get $old) (i32.const 2))) (local.get $step)))

  ;; A base that is not known when the index goes into the ring.
  (func $late (param $object i32) (param $step i32) (param $new i32) (result i32)
    (local $slot i32) (local $old i32)
    (local.set $slot (i32.add (local.get $object)
      (i32.shl (i32.and (local.get $step) (i32.const 7)) (i32.const 2))))
    (local.set $old (i32.load (local.get $slot)))
    (i32.store (local.get $slot) (local.get $new))
    (i32.load (i32.add (i32.load offset=100 (local.get $object)) (i32.shl (local.get $old) (i32.const 2)))))
)
