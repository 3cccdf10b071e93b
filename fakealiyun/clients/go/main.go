// The official Go SDK of OSS: a bucket's life, objects, parts, copies, lists.
package main

import (
	"bytes"
	"encoding/json"
	"io/ioutil"
	"log"
	"os"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

const (
	name   = "made-by-go"
	object = "目录/a b+c.mp4" // version 1.5 writes the space as a plus
	part   = 100 * 1024
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func read(bucket *oss.Bucket, key string) []byte {
	body, err := bucket.GetObject(key)
	must(err)
	defer body.Close()
	content, err := ioutil.ReadAll(body)
	must(err)
	return content
}

func main() {
	key, secret := os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
	client, err := oss.New("http://"+os.Getenv("ENDPOINT"), key, secret)
	must(err)
	film := os.Getenv("FILM")
	must(client.CreateBucket(name))
	location, err := client.GetBucketLocation(name)
	must(err)
	bucket, err := client.Bucket(name)
	must(err)
	must(bucket.PutObject(object, strings.NewReader("content"), oss.Meta("a", "1")))
	content := string(read(bucket, object))
	head, err := bucket.GetObjectDetailedMeta(object)
	must(err)
	must(bucket.UploadFile("film", film, part, oss.Routines(3)))
	must(bucket.DownloadFile("film", film+".copy", part, oss.Routines(3)))
	one, err := ioutil.ReadFile(film)
	must(err)
	two, err := ioutil.ReadFile(film + ".copy")
	must(err)
	_, err = bucket.CopyObject(object, "copy of it")
	must(err)
	must(bucket.CopyFile(name, "film", "film-2", part))
	next, err := bucket.AppendObject("log", strings.NewReader("one"), 0)
	must(err)
	listed, err := bucket.ListObjects(oss.MaxKeys(100))
	must(err)
	var keys []string
	for _, found := range listed.Objects {
		keys = append(keys, found.Key)
	}
	_, err = bucket.GetObject("none")
	refusal, known := err.(oss.ServiceError)
	if !known {
		log.Fatal("GetObject of an absent key was no ServiceError")
	}
	_, err = bucket.DeleteObjects(keys)
	must(err)
	must(client.DeleteBucket(name))
	must(json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"location": location,
		"read":     content,
		"meta":     head.Get("X-Oss-Meta-A"),
		"same":     bytes.Equal(one, two),
		"next":     next,
		"keys":     keys,
		"absent":   []interface{}{refusal.StatusCode, refusal.Code},
	}))
}
