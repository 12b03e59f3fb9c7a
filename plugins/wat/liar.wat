;; An agent that breaks the canonical ABI in ways that no compiler would: it lies about lengths, addresses, kinds and names.
;;
;; How it describes itself is set in its bytes, behind the mark ASSIZE-LIAR: (see runtime/src/hostile/bytes.rs). What it
;; does when it is run is the letter behind the first quote of its input; `a` is an honest answer.
(module
  (import "assize:plugin/workspace@0.1.0" "list" (func $list (param i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/workspace@0.1.0" "read" (func $read (param i32 i32 i64 i32 i32)))
  (import "assize:plugin/workspace@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/workspace@0.1.0" "search" (func $search (param i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/state@0.1.0" "set" (func $set (param i32 i32 i32 i32 i32 i32 i64 i32)))
  (import "assize:plugin/artifacts@0.1.0" "store" (func $store (param i32 i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))

  (memory (export "memory") 2)
  (memory $second 1)
  (memory $third 1)
  (table $table 1 funcref)
  (global $next (mut i32) (i32.const 65536))

  ;; 1024: the mark. 1036: how it describes itself; 1037: how it allocates. 1040: name, version, summary, requires, wants, each
  ;; an address and a length. 1080: the one permission it requires, an address and a length. 1088: that permission.
  ;; 1152: the name.
  (data (i32.const 1024)
    "ASSIZE-LIAR:\00\00\00\00"
    "\80\04\00\00\04\00\00\00\14\05\00\00\05\00\00\00\1e\05\00\00\05\00\00\00\38\04\00\00\00\00\00\00\00\00\00\00\00\00\00\00"
    "\40\04\00\00\09\00\00\00"
    "log.write......................................................."
    "liar............................................................")
  (data (i32.const 1300) "1.0.0.....Lies......src/liar.txt........null......\ff\fe......\ed\a0\80.....application/octet-stream")

  ;; 2048: a good answer: the summary "Lies.", the output "null".
  (data (i32.const 2048) "\00\00\00\00\1e\05\00\00\05\00\00\00\3c\05\00\00\04\00\00\00")

  (func $take_all (local $at i32)
    (loop $more
      (local.set $at (memory.grow (i32.const 16)))
      (if (i32.eq (local.get $at) (i32.const -1)) (then unreachable))
      (i32.store (i32.mul (local.get $at) (i32.const 65536)) (i32.const 1))
      (br $more)))

  (func $down (param i32) (result i32)
    (i32.add (i32.const 1) (call $down (i32.add (local.get 0) (i32.const 1)))))

  (func $flood
    (loop $on (call $log (i32.const 1) (i32.const 1310) (i32.const 5)) (br $on)))

  (func (export "describe") (result i32) (local $how i32)
    (local.set $how (i32.load8_u (i32.const 1036)))
    (if (i32.eq (local.get $how) (i32.const 1)) (then (loop $on (br $on))))
    (if (i32.eq (local.get $how) (i32.const 2)) (then unreachable))
    (if (i32.eq (local.get $how) (i32.const 3)) (then (call $flood)))
    (if (i32.eq (local.get $how) (i32.const 4)) (then (call $take_all)))
    (if (i32.eq (local.get $how) (i32.const 5)) (then (drop (call $down (i32.const 0)))))
    ;; Uses a power before it has any.
    (if (i32.eq (local.get $how) (i32.const 6)) (then
      (call $write (i32.const 1320) (i32.const 12) (i32.const 1310) (i32.const 5) (i32.const 1) (i32.const 4096))
      ;; Refused: say so by the name.
      (if (i32.eqz (i32.load8_u (i32.const 4096))) (then (i32.store8 (i32.const 1152) (i32.const 0x78))))))
    (if (i32.eq (local.get $how) (i32.const 7)) (then (return (i32.const 1041))))
    (if (i32.eq (local.get $how) (i32.const 8)) (then (return (i32.const 0x7ffffffc))))
    ;; Has the bytes of a giant name.
    (if (i32.eq (local.get $how) (i32.const 9)) (then (drop (memory.grow (i32.const 800)))))
    (i32.const 1040))

  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32) (local $how i32)
    (local.set $how (i32.load8_u (i32.const 1037)))
    (if (i32.eq (local.get $how) (i32.const 1)) (then (return (i32.const 0xfffffff0))))
    (if (i32.eq (local.get $how) (i32.const 2)) (then unreachable))
    (if (i32.eq (local.get $how) (i32.const 3)) (then (loop $on (br $on))))
    ;; Calls back into the host while the host is at work.
    (if (i32.eq (local.get $how) (i32.const 4)) (then (call $log (i32.const 1) (i32.const 1310) (i32.const 5))))
    (if (i32.eq (local.get $how) (i32.const 5)) (then (call $take_all)))
    (if (i32.eq (local.get $how) (i32.const 6)) (then (return (i32.const 65537))))
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $fits (i32.ne (i32.const -1)
        (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get $size) (i32.const 65536))))))
      unreachable)
    (local.get $at))

  (func $is (param $letter i32) (param $wanted i32) (result i32)
    (i32.eq (local.get $letter) (local.get $wanted)))

  (func (export "run") (param i32 i32) (param $input i32) (param $bytes i32) (result i32) (local $letter i32)
    (local.set $letter (i32.load8_u offset=1 (local.get $input)))
    ;; b: a log line of 48 MiB.
    (if (call $is (local.get $letter) (i32.const 0x62)) (then
      (drop (memory.grow (i32.const 800)))
      (call $log (i32.const 1) (i32.const 0) (i32.const 0x3000000))))
    ;; c: contents that reach beyond its memory.
    (if (call $is (local.get $letter) (i32.const 0x63)) (then
      (call $write (i32.const 1320) (i32.const 12) (i32.const 16) (i32.const 0xffffffff) (i32.const 1) (i32.const 4096))))
    ;; d: a path that is not UTF-8.
    (if (call $is (local.get $letter) (i32.const 0x64)) (then
      (call $read (i32.const 1350) (i32.const 2) (i64.const 0) (i32.const 16) (i32.const 4096))))
    ;; e: a path that is half a character of UTF-16.
    (if (call $is (local.get $letter) (i32.const 0x65)) (then
      (call $read (i32.const 1358) (i32.const 3) (i64.const 0) (i32.const 16) (i32.const 4096))))
    ;; f: an `existing` that is none.
    (if (call $is (local.get $letter) (i32.const 0x66)) (then
      (call $write (i32.const 1320) (i32.const 12) (i32.const 1310) (i32.const 5) (i32.const 77) (i32.const 4096))))
    ;; g: an option that is neither some nor none.
    (if (call $is (local.get $letter) (i32.const 0x67)) (then
      (call $list (i32.const 1320) (i32.const 0) (i32.const 9) (i32.const 0) (i32.const 0) (i32.const 4096))))
    ;; h: six million literals in 48 MiB that are really there.
    (if (call $is (local.get $letter) (i32.const 0x68)) (then
      (drop (memory.grow (i32.const 800)))
      (call $search (i32.const 1320) (i32.const 0) (i32.const 65536) (i32.const 6000000) (i32.const 10) (i32.const 4096))))
    ;; i: literals that reach beyond its memory.
    (if (call $is (local.get $letter) (i32.const 0x69)) (then
      (call $search (i32.const 1320) (i32.const 0) (i32.const 0) (i32.const 0x1fffffff) (i32.const 10) (i32.const 4096))))
    ;; j: an answer wanted outside its memory.
    (if (call $is (local.get $letter) (i32.const 0x6a)) (then
      (call $read (i32.const 1320) (i32.const 12) (i64.const 0) (i32.const 16) (i32.const 0xfffffffc))))
    ;; k: an answer wanted at a crooked address.
    (if (call $is (local.get $letter) (i32.const 0x6b)) (then
      (call $read (i32.const 1320) (i32.const 12) (i64.const 0) (i32.const 16) (i32.const 4097))))
    ;; l: a value of 48 MiB to remember.
    (if (call $is (local.get $letter) (i32.const 0x6c)) (then
      (drop (memory.grow (i32.const 800)))
      (call $set (i32.const 1320) (i32.const 12) (i32.const 1) (i32.const 0) (i32.const 0x3000000) (i32.const 0)
        (i64.const 0) (i32.const 4096))))
    ;; m: an artifact of 48 MiB.
    (if (call $is (local.get $letter) (i32.const 0x6d)) (then
      (drop (memory.grow (i32.const 800)))
      (call $store (i32.const 1320) (i32.const 12) (i32.const 1366) (i32.const 24) (i32.const 0) (i32.const 0x3000000)
        (i32.const 4096))))
    ;; n: small host calls for ever.
    (if (call $is (local.get $letter) (i32.const 0x6e)) (then (call $flood)))
    ;; o: a table without end.
    (if (call $is (local.get $letter) (i32.const 0x6f)) (then
      (loop $more (drop (table.grow $table (ref.null func) (i32.const 64))) (br $more))))
    ;; p: three memories, each within its limit.
    (if (call $is (local.get $letter) (i32.const 0x70)) (then
      (loop $more
        (br_if $more (i32.or (i32.or
          (i32.ne (i32.const -1) (memory.grow (i32.const 16)))
          (i32.ne (i32.const -1) (memory.grow $second (i32.const 16))))
          (i32.ne (i32.const -1) (memory.grow $third (i32.const 16))))))
      unreachable))
    ;; q: an answer at a crooked address.
    (if (call $is (local.get $letter) (i32.const 0x71)) (then (return (i32.const 2049))))
    ;; r: an answer outside its memory.
    (if (call $is (local.get $letter) (i32.const 0x72)) (then (return (i32.const 0x7ffffffc))))
    ;; s: an answer that is neither an outcome nor a fault.
    (if (call $is (local.get $letter) (i32.const 0x73)) (then (i32.store8 (i32.const 2048) (i32.const 9))))
    ;; t: an output that reaches beyond its memory.
    (if (call $is (local.get $letter) (i32.const 0x74)) (then (i32.store (i32.const 2064) (i32.const 0x7fffffff))))
    ;; u: an output of 48 MiB.
    (if (call $is (local.get $letter) (i32.const 0x75)) (then
      (drop (memory.grow (i32.const 800)))
      (i32.store (i32.const 2060) (i32.const 0))
      (i32.store (i32.const 2064) (i32.const 0x3000000))))
    ;; v: an output that is not UTF-8.
    (if (call $is (local.get $letter) (i32.const 0x76)) (then
      (i32.store (i32.const 2060) (i32.const 1350))
      (i32.store (i32.const 2064) (i32.const 2))))
    ;; w: an output that is not JSON.
    (if (call $is (local.get $letter) (i32.const 0x77)) (then
      (i32.store (i32.const 2060) (i32.const 1310))
      (i32.store (i32.const 2064) (i32.const 5))))
    ;; x: every number at once: nothing of no length from beyond the end.
    (if (call $is (local.get $letter) (i32.const 0x78)) (then
      (call $read (i32.const -1) (i32.const 0) (i64.const -1) (i32.const -1) (i32.const 4096))))
    ;; y: a page of entries, for which the host wants memory.
    (if (call $is (local.get $letter) (i32.const 0x79)) (then
      (call $list (i32.const 1320) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096))))
    (i32.const 2048)))
