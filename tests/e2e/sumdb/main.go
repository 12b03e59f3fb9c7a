// Answers questions about a log with Go's own packages for checksum databases, which know nothing of Assize: each line of
// standard input is a question in JSON, each line of standard output an answer, which is "ok" or says what is wrong.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The height that C2SP fixes, so that it is no part of a path there.
const height = 8

type question struct {
	Ask    string
	Vkey   string      // of a note
	Note   []byte      // a signed checkpoint
	Folder string      // the files of a log
	Index  int64       // of an entry
	Line   []byte      // an entry
	Old    int64       // a smaller size
	Before tlog.Hash   // its root
	Size   int64       // a size
	Root   tlog.Hash   // its root
	Hashes []tlog.Hash // a proof
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		if err := answer(asked); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}

func answer(asked question) error {
	switch asked.Ask {
	case "note":
		_, err := open(asked.Note, asked.Vkey)
		return err
	case "folder":
		tree, err := open(asked.Note, asked.Vkey)
		if err != nil {
			return err
		}
		return read(files(asked.Folder), tree)
	case "inclusion":
		leaf := tlog.RecordHash(asked.Line)
		return tlog.CheckRecord(asked.Hashes, asked.Size, asked.Root, asked.Index, leaf)
	case "consistency":
		return tlog.CheckTree(asked.Hashes, asked.Size, asked.Root, asked.Old, asked.Before)
	case "prove-inclusion":
		proof, err := tlog.ProveRecord(asked.Size, asked.Index, tiles(asked))
		return same(proof, asked.Hashes, err)
	case "prove-consistency":
		proof, err := tlog.ProveTree(asked.Size, asked.Old, tiles(asked))
		return same(proof, asked.Hashes, err)
	}
	return errors.New("nobody knows this question")
}

// tiles reads hashes out of the log's own tiles.
func tiles(asked question) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: asked.Size, Hash: asked.Root}, files(asked.Folder))
}

func same(proof, expected []tlog.Hash, err error) error {
	if err == nil && fmt.Sprint(proof) != fmt.Sprint(expected) {
		err = errors.New("the proof is another one")
	}
	return err
}

// open checks a note's signature and reads the checkpoint in it: origin, size, root.
func open(signed []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tlog.Tree{}, errors.New("the note is no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// files is the folder of a log.
type files string

func (folder files) path(tile tlog.Tile) string {
	path := tile.Path()
	for _, prefix := range [][2]string{{"tile/8/data/", "tile/entries/"}, {"tile/8/", "tile/"}} {
		if strings.HasPrefix(path, prefix[0]) {
			path = prefix[1] + strings.TrimPrefix(path, prefix[0])
			break
		}
	}
	return filepath.Join(string(folder), path)
}

func (folder files) Height() int { return height }

func (folder files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range tiles {
		bytes, err := os.ReadFile(folder.path(tile))
		if err != nil {
			return nil, err
		}
		read = append(read, bytes)
	}
	return read, nil
}

func (folder files) SaveTiles([]tlog.Tile, [][]byte) {}

// read holds every file of a log against its root: hashes are made anew from the entries, and tiles from the hashes.
func read(folder files, tree tlog.Tree) error {
	var stored []tlog.Hash
	hashes := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			if index >= int64(len(stored)) {
				return nil, errors.New("a hash beyond the log")
			}
			found = append(found, stored[index])
		}
		return found, nil
	})
	for at := int64(0); at < tree.N; {
		lines, err := bundle(folder, at, tree.N)
		if err != nil {
			return err
		}
		for _, line := range lines {
			more, err := tlog.StoredHashes(at, line, hashes)
			if err != nil {
				return err
			}
			stored = append(stored, more...)
			at++
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("the entries have another root")
	}
	for _, tile := range widest(tree.N) {
		wanted, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		found, err := os.ReadFile(folder.path(tile))
		if err != nil {
			return err
		}
		if !bytes.Equal(found, wanted) {
			return errors.New("a tile has other hashes")
		}
	}
	for index := int64(0); index < tree.N; index++ {
		at := tlog.StoredHashIndex(0, index)
		found, err := tlog.TileHashReader(tree, folder).ReadHashes([]int64{at})
		if err != nil {
			return err
		}
		if found[0] != stored[at] {
			return errors.New("the tiles have another hash of an entry")
		}
	}
	return nil
}

// widest lists the tiles of a log of this size: all whole ones, and on each level the one that is not.
func widest(size int64) []tlog.Tile {
	var found []tlog.Tile
	for level := 0; size > 0; level++ {
		for index := int64(0); index<<height < size; index++ {
			width := size - index<<height
			if width > 1<<height {
				width = 1 << height
			}
			found = append(found, tlog.Tile{H: height, L: level, N: index, W: int(width)})
		}
		size >>= height
	}
	return found
}

// bundle reads the entries from a place up to the end of their file: each has its length before it, in two bytes.
func bundle(folder files, from, size int64) ([][]byte, error) {
	width := size - from
	if width > 1<<height {
		width = 1 << height
	}
	tile := tlog.Tile{H: height, L: -1, N: from >> height, W: int(width)}
	rest, err := os.ReadFile(folder.path(tile))
	if err != nil {
		return nil, err
	}
	var lines [][]byte
	for len(rest) >= 2 {
		length := int(binary.BigEndian.Uint16(rest))
		if len(rest)-2 < length {
			break
		}
		lines = append(lines, rest[2:2+length])
		rest = rest[2+length:]
	}
	if len(rest) != 0 || int64(len(lines)) != width {
		return nil, errors.New("a bundle has another number of entries")
	}
	return lines, nil
}
