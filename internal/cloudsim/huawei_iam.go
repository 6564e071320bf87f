package cloudsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// listProjects answers with one project per region of the account.
func (s *Sim) listProjects(req *request, account *Account, problem string) answer {
	if account == nil {
		return iamError(req, http.StatusUnauthorized, incorrectIAM+problem)
	}
	req.account = account
	if kind := req.refusedAs(); kind != "" {
		return huaweiFault(req, kind)
	}
	projects := make([]any, 0, 1)
	for _, region := range slices.Sorted(maps.Keys(account.ProjectIDs)) {
		if wanted(req, "name", region) {
			projects = append(projects, object{
				"id": account.ProjectIDs[region], "name": region, "domain_id": "d", "parent_id": "d",
				"is_domain": false, "enabled": true, "description": "", "links": object{"self": "x"},
			})
		}
	}
	a := huaweiOK(req, object{"projects": projects, "links": object{"self": "x", "previous": nil, "next": nil}})
	a.page = page{path: []string{"projects"}, id: "id"}
	return a
}

// passwordLogin is the part of IAM's token request that is read.
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

// createToken gives a token for the user AccessKeyID with the password AccessKeySecret, valid for a day.
func (s *Sim) createToken(req *request) answer {
	var login passwordLogin
	if err := json.Unmarshal(req.body, &login); err != nil {
		return iamError(req, http.StatusBadRequest, "The request body is invalid.")
	}
	user := login.Auth.Identity.Password.User
	account := s.account(Huawei, user.Name)
	if account == nil || account.AccessKeySecret != user.Password {
		return iamError(req, http.StatusUnauthorized, "The username or password is wrong.")
	}
	req.account = account
	project := account.ProjectIDs[login.Auth.Scope.Project.Name]
	if project == "" {
		return iamError(req, http.StatusUnauthorized, "The project does not exist.")
	}
	if kind := req.refusedAs(); kind != "" {
		return huaweiFault(req, kind)
	}
	maps.DeleteFunc(s.tokens, func(_ string, t userToken) bool { return !req.now.Before(t.expires) })
	token := "MIIsim" + requestID(Huawei, s.serial) + huaweiID("", user.Name)
	expires := req.now.Add(tokenLife)
	s.tokens[token] = userToken{keyID: user.Name, expires: expires}
	a := huaweiOK(req, object{"token": object{
		"expires_at": expires.Format("2006-01-02T15:04:05.000000Z"),
		"issued_at":  req.now.Format("2006-01-02T15:04:05.000000Z"),
		"methods":    []string{"password"},
		"project":    object{"id": project, "name": login.Auth.Scope.Project.Name},
		"user":       object{"name": user.Name},
	}})
	a.status = http.StatusCreated
	a.header.Set("X-Subject-Token", token)
	return a
}
