package huawei

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	iamTime   = "2006-01-02T15:04:05.000000Z"
	tokenLife = 24 * time.Hour
)

// userToken is a token that IAM gave out.
type userToken struct {
	keyID   string
	expires time.Time
}

// listProjects lists the account's projects, of which there is one per region.
func listProjects(req *httpsim.Request, problem string) httpsim.Answer {
	account := req.Account
	if account == nil {
		return iamError(req, http.StatusUnauthorized, credentialProblem+problem)
	}
	if why := req.RefusedAs(); why != "" {
		return refusal(req, why)
	}
	projects := make([]any, 0, 1)
	for _, region := range slices.Sorted(maps.Keys(account.ProjectIDs)) {
		if req.Allows("name", region) {
			projects = append(projects, object{
				"id": account.ProjectIDs[region], "name": region, "domain_id": "d", "parent_id": "d",
				"is_domain": false, "enabled": true, "description": "", "links": object{"self": "x"},
			})
		}
	}
	a := success(req, object{"projects": projects, "links": object{"self": "x", "previous": nil, "next": nil}})
	a.Page = httpsim.Page{Path: []string{"projects"}, ID: "id"}
	return a
}

// showCatalog shows where the services of the account are. Some clients ask for it before their first call.
func showCatalog(req *httpsim.Request, problem string) httpsim.Answer {
	account := req.Account
	if account == nil {
		return iamError(req, http.StatusUnauthorized, credentialProblem+problem)
	}
	if why := req.RefusedAs(); why != "" {
		return refusal(req, why)
	}
	endpoints := make([]any, 0, len(account.ProjectIDs))
	for _, region := range slices.Sorted(maps.Keys(account.ProjectIDs)) {
		endpoints = append(endpoints, object{
			"id": fleet.HuaweiID("", "endpoint", region), "interface": "public", "region": region, "region_id": region,
			"url": "http://" + req.HTTP.Host + "/v3/" + account.ProjectIDs[region],
		})
	}
	service := object{"id": fleet.HuaweiID("", "dds"), "name": "ddsv3", "type": "ddsv3", "endpoints": endpoints}
	return success(req, object{"catalog": []any{service}, "links": object{"self": "x", "previous": nil, "next": nil}})
}

// passwordLogin is the part that is read of a request for a token.
type passwordLogin struct {
	Auth struct {
		Identity struct {
			Password struct {
				User struct {
					Name     string `json:"name"`
					Password string `json:"password"`
				} `json:"user"`
			} `json:"password"`
		} `json:"identity"`
		Scope struct {
			Project struct {
				Name string `json:"name"`
			} `json:"project"`
		} `json:"scope"`
	} `json:"auth"`
}

// createToken gives out a token for the user AccessKeyID with the password AccessKeySecret.
func (api *API) createToken(req *httpsim.Request) httpsim.Answer {
	var login passwordLogin
	if err := json.Unmarshal(req.Body, &login); err != nil {
		return iamError(req, http.StatusBadRequest, "The request body is invalid.")
	}
	user := login.Auth.Identity.Password.User
	account := api.opts.World.Account(fleet.Huawei, user.Name)
	if account == nil || account.AccessKeySecret != user.Password {
		return iamError(req, http.StatusUnauthorized, "The username or password is wrong.")
	}
	req.Account = account
	project := account.ProjectIDs[login.Auth.Scope.Project.Name]
	if project == "" {
		return iamError(req, http.StatusUnauthorized, "The project does not exist.")
	}
	if why := req.RefusedAs(); why != "" {
		return refusal(req, why)
	}
	maps.DeleteFunc(api.tokens, func(_ string, t userToken) bool { return !req.Now.Before(t.expires) })
	token := "MIIsim" + req.ID + fleet.HuaweiID("", user.Name)
	expires := req.Now.Add(tokenLife)
	api.tokens[token] = userToken{keyID: user.Name, expires: expires}
	a := success(req, object{"token": object{
		"expires_at": expires.Format(iamTime),
		"issued_at":  req.Now.Format(iamTime),
		"methods":    []string{"password"},
		"project":    object{"id": project, "name": login.Auth.Scope.Project.Name},
		"user":       object{"name": user.Name},
	}})
	a.Status = http.StatusCreated
	a.Header.Set("X-Subject-Token", token)
	return a
}
