package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/devstack/host"
)

// TestReadmeFirstTicket runs the commands that the README gives a newcomer, as they stand there:
// those of the first ticket, and the examples of the API that go on with it.
func TestReadmeFirstTicket(t *testing.T) {
	t.Parallel()
	host.Tool(t, "curl", "curl")
	databaseURL := devstack.Database(t)
	in := newInstance(t, databaseURL, devstack.Redis(t))
	in.start()
	blocks := shellBlocks(t, "../README.md", "## Your first ticket")
	if len(blocks) < 5 || !strings.Contains(blocks[0], "TOKEN=the-token-that-was-printed") {
		t.Fatalf("README's first ticket has %d blocks of commands, starting with %q", len(blocks), blocks[0])
	}
	if err := os.Mkdir(filepath.Join(in.dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(in.dir, "bin", "postroom")); err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(in.mustRun("token", "create", agentLogin, "--name", "readme"))
	words := strings.Fields(token)
	setup := strings.NewReplacer("the-token-that-was-printed", words[len(words)-1], "http://127.0.0.1:3000", in.base).Replace(blocks[0])

	var output []string
	api := shellBlocks(t, "../README.md", "## The API")
	for _, block := range append(blocks[1:], api...) {
		in.waitUntil(60*time.Second, "received mails are worked off", func() error {
			if sum, err := count(databaseURL); err != nil || sum.open > 0 {
				return fmt.Errorf("%+v, %v", sum, err)
			}
			return nil
		})
		cmd := exec.Command("bash", "-euc", setup+"\n"+block)
		cmd.Env, cmd.Dir = in.env, in.dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("README's commands fail: %v\n%s\n%s", err, block, out)
		}
		output = append(output, string(out))
	}
	if all := strings.Join(output, "\n"); strings.Contains(all, `"error"`) || !strings.Contains(all, "The kettle leaks") {
		t.Errorf("README's commands answer:\n%s", all)
	}
	if found := output[len(output)-1]; len(api) == 0 || strings.Count(found, "The kettle leaks") < 2 || !strings.Contains(found, `"kitchen"`) {
		t.Errorf("README's examples of the API answer:\n%s", found)
	}
	var kettle ticket
	if err := in.get("/api/v1/tickets/2?expand=true", &kettle); err != nil {
		t.Fatal(err)
	}
	if kettle.Title != "The kettle leaks" || kettle.State != "closed" || kettle.ArticleCount != 3 {
		t.Errorf("after README's first ticket: %+v, want it closed with 3 articles", kettle)
	}
}

// shellBlocks returns the commands under a heading of a Markdown file.
func shellBlocks(t *testing.T, path, heading string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(data), heading+"\n")
	if !found {
		t.Fatalf("%s has no heading %q", path, heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var blocks []string
	for i, part := range strings.Split(section, "```") {
		if commands, ok := strings.CutPrefix(part, "sh\n"); ok && i%2 == 1 {
			blocks = append(blocks, commands)
		}
	}
	return blocks
}
