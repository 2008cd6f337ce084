// get CACHE ENDPOINT ID FILE…: what a Go program does to have files of a repository.
package main

import (
	"fmt"
	"os"

	"github.com/gomlx/go-huggingface/hub"
)

func main() {
	repo := hub.New(os.Args[3]).WithEndpoint(os.Args[2]).WithCacheDir(os.Args[1])
	paths, err := repo.DownloadFiles(os.Args[4:]...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, path := range paths {
		fmt.Println(path)
	}
}
