package huawei

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// project returns the id of the project. It looks the id up once.
func (c *client) project(ctx context.Context) (string, error) {
	if id := c.projectID.Load(); id != nil {
		return *id, nil
	}
	id, err := c.lookup.Get(ctx, "", time.Time{})
	if err != nil {
		return "", err
	}
	c.projectID.Store(&id)
	return id, nil
}

type listProjectsRequest struct {
	Name string `json:"name"`
}

func defineListProjects() *def.HttpRequestDef {
	return def.NewHttpRequestDefBuilder().WithMethod(http.MethodGet).WithPath("/v3/projects").
		WithRequestField(def.NewFieldDef().WithName("Name").WithJsonTag("name").WithLocationType(def.Query)).
		Build()
}

// findProject asks IAM for the project of the region. The SDK's own lookup panics when IAM's answer has no projects, and
// keeps what it found for the whole process.
func (c *client) findProject(ctx context.Context, _ time.Time) (string, error) {
	o := operation{name: opListProjects, define: defineListProjects, request: listProjectsRequest{c.region}}
	return cloudcall.Do(ctx, c.caller, o.name, func(ctx context.Context) (string, error) {
		credentials, err := c.keys.Credentials(ctx)
		if err != nil {
			return "", err
		}
		if validID(credentials.projectID) {
			return credentials.projectID, nil
		}
		return attempt(ctx, c, o, sender{c.iamEndpoint, credentials.Keys, ""}, c.onlyProject)
	})
}

// onlyProject returns the id of the one project that has the name of the region.
func (c *client) onlyProject(body []byte) (string, error) {
	const op = opListProjects
	a, err := wire.Decode[projectsAnswer](op, body)
	if err != nil {
		return "", err
	}
	ids := a.named(c.region)
	if len(ids) != 1 {
		return "", &backup.Error{
			Op: op, Class: backup.ClassNotFound,
			Err:  fmt.Errorf("IAM lists %d projects named %q", len(ids), c.region),
			Hint: "set project_id for the region",
		}
	}
	return ids[0], nil
}

// named returns the ids of the projects with a name.
func (a *projectsAnswer) named(name string) []string {
	var ids []string
	for _, p := range a.Projects.Items {
		if p.Name.Text == name && validID(p.ID.Text) {
			ids = append(ids, p.ID.Text)
		}
	}
	return ids
}
