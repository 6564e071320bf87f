package huawei

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	opAssumeAgency  = "CreateTemporaryAccessKeyByAgency"
	defaultDuration = 900 // of a session, in seconds
	minDuration     = 900
	maxDuration     = 86400
)

// session is the temporary keys that IAM gave out for an agency.
type session struct {
	owner         string // access key id of the account that has the agency
	secret, token string
	expires       time.Time
}

// signer is who an access key id belongs to, and what its calls are signed with.
type signer struct {
	account       *fleet.Account
	secret, token string    // token "": the keys are permanent
	expires       time.Time // zero: never
}

func (s signer) expired(now time.Time) bool { return !s.expires.IsZero() && !now.Before(s.expires) }

// signer returns who an access key id belongs to: a customer, or one who has assumed an agency.
func (api *API) signer(keyID string) (s signer, ok bool) {
	if given, ok := api.sessions[keyID]; ok {
		account := api.opts.World.Account(fleet.Huawei, given.owner)
		return signer{account, given.secret, given.token, given.expires}, account != nil
	}
	account := api.opts.World.Account(fleet.Huawei, keyID)
	if account == nil {
		return signer{}, false
	}
	return signer{account: account, secret: account.AccessKeySecret, token: account.SecurityToken}, true
}

// agencyLogin is the part that is read of a request for the keys of an agency.
type agencyLogin struct {
	Auth struct {
		Identity struct {
			Methods    []string `json:"methods"`
			AssumeRole struct {
				AgencyName      string `json:"agency_name"`
				DomainName      string `json:"domain_name"`
				DurationSeconds int    `json:"duration_seconds"`
			} `json:"assume_role"`
		} `json:"identity"`
	} `json:"auth"`
}

// assumeAgency gives out keys that act for the account that has the agency.
func (api *API) assumeAgency(req *httpsim.Request, problem string) httpsim.Answer {
	if req.Account == nil {
		return iamError(req, http.StatusUnauthorized, credentialProblem+problem)
	}
	if why := req.RefusedAs(); why != "" {
		return refusal(req, why)
	}
	var login agencyLogin
	err := json.Unmarshal(req.Body, &login)
	identity := login.Auth.Identity
	wanted := identity.AssumeRole
	seconds := wanted.DurationSeconds
	if seconds == 0 {
		seconds = defaultDuration
	}
	if err != nil || strings.Join(identity.Methods, ",") != "assume_role" || wanted.AgencyName == "" ||
		wanted.DomainName == "" || seconds < minDuration || seconds > maxDuration {
		return iamError(req, http.StatusBadRequest, "The request body is invalid.")
	}
	owner, agency := api.agency(wanted.DomainName, wanted.AgencyName)
	switch {
	case owner == nil:
		return iamError(req, http.StatusNotFound, "Could not find agency: "+wanted.AgencyName+".")
	case !agency.Admits(req.Account.AccessKeyID):
		return forbidden(req)
	}
	return api.openSession(req, owner, time.Duration(seconds)*time.Second)
}

// agency returns an agency and the account that has it; nil when there is none.
func (api *API) agency(domain, name string) (*fleet.Account, fleet.Role) {
	for _, account := range api.opts.World.Accounts(fleet.Huawei) {
		for _, agency := range account.Roles {
			if account.Domain == domain && agency.Name == name {
				return account, agency
			}
		}
	}
	return nil, fleet.Role{}
}

func (api *API) openSession(req *httpsim.Request, owner *fleet.Account, life time.Duration) httpsim.Answer {
	now := req.Now.UTC()
	maps.DeleteFunc(api.sessions, func(_ string, s session) bool { return now.Sub(s.expires) > maxSkew })
	keyID := "HST3W" + strings.ToUpper(req.ID[:15])
	given := session{
		owner: owner.AccessKeyID, secret: fleet.HuaweiID("", "secret"+req.ID), token: "hQpjbi1ub3J0aC00" + fleet.HuaweiID("", "token"+req.ID),
		expires: now.Add(life),
	}
	api.sessions[keyID] = given
	a := success(req, object{"credential": object{
		"access": keyID, "secret": given.secret, "securitytoken": given.token, "expires_at": given.expires.Format(iamTime),
	}})
	a.Status = http.StatusCreated
	return a
}
