package alibaba

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	stsVersion      = "2015-04-01"
	defaultDuration = 3600 // of a session, in seconds
	minDuration     = 900
	maxDuration     = 43200
)

// session is the temporary credentials that STS gave out for a role.
type session struct {
	owner         string // access key id of the account that has the role
	secret, token string
	expires       time.Time
}

// signer is who an access key id belongs to, and what its calls are signed with.
type signer struct {
	account       *fleet.Account
	secret, token string    // token "": the credentials are permanent
	expires       time.Time // zero: never
}

func (s signer) expired(now time.Time) bool { return !s.expires.IsZero() && !now.Before(s.expires) }

// signer returns who an access key id belongs to: a customer, or one who has assumed a role.
func (api *API) signer(keyID string) (s signer, ok bool) {
	if given, ok := api.sessions[keyID]; ok {
		account := api.opts.World.Account(fleet.Alibaba, given.owner)
		return signer{account, given.secret, given.token, given.expires}, account != nil
	}
	account := api.opts.World.Account(fleet.Alibaba, keyID)
	if account == nil {
		return signer{}, false
	}
	return signer{account: account, secret: account.AccessKeySecret, token: account.SecurityToken}, true
}

// assumeRole is STS's operation: it gives out credentials that act for the account that has the role.
func (api *API) assumeRole(req *httpsim.Request) httpsim.Answer {
	if version := req.HTTP.Header.Get("X-Acs-Version") + req.Params.Get("Version"); version != stsVersion {
		return failure(req, http.StatusBadRequest, "InvalidVersion", "Specified parameter Version is not valid.")
	}
	if why := req.RefusedAs(); why != "" {
		return refusal(req, why)
	}
	arn, name := req.Params.Get("RoleArn"), req.Params.Get("RoleSessionName")
	seconds, ok := sessionSeconds(req.Params.Get("DurationSeconds"))
	switch {
	case arn == "":
		return badRequest(req, "MissingRoleArn", "RoleArn is mandatory for this action.")
	case !regexp.MustCompile(`^[A-Za-z0-9.@_-]{2,64}$`).MatchString(name):
		return badRequest(req, "InvalidParameter.RoleSessionName", "The parameter RoleSessionName is wrongly formed.")
	case !ok:
		return badRequest(req, "InvalidParameter.DurationSeconds", "The Min/Max value of DurationSeconds is 15min/12hrs.")
	}
	owner, role := api.role(arn)
	switch {
	case owner == nil:
		return failure(req, http.StatusNotFound, "EntityNotExist.Role", "The role not exists: "+arn+".")
	case !role.Admits(req.Account.AccessKeyID) || role.ExternalID != "" && role.ExternalID != req.Params.Get("ExternalId"):
		return failure(req, http.StatusForbidden, "NoPermission",
			"You are not authorized to do this action. You should be authorized by RAM.")
	}
	return api.openSession(req, owner, time.Duration(seconds)*time.Second)
}

// sessionSeconds reads how long a session is to last.
func sessionSeconds(text string) (seconds int, ok bool) {
	if text == "" {
		return defaultDuration, true
	}
	seconds, err := strconv.Atoi(text)
	return seconds, err == nil && seconds >= minDuration && seconds <= maxDuration
}

// role returns a role and the account that has it; nil when there is none.
func (api *API) role(arn string) (*fleet.Account, fleet.Role) {
	for _, account := range api.opts.World.Accounts(fleet.Alibaba) {
		for _, role := range account.Roles {
			if role.Name == arn {
				return account, role
			}
		}
	}
	return nil, fleet.Role{}
}

func (api *API) openSession(req *httpsim.Request, owner *fleet.Account, life time.Duration) httpsim.Answer {
	now := req.Now.UTC()
	maps.DeleteFunc(api.sessions, func(_ string, s session) bool { return now.Sub(s.expires) > maxSkew })
	derive := func(what string) string {
		sum := sha256.Sum256([]byte(what + req.ID))
		return hex.EncodeToString(sum[:])
	}
	keyID := "STS." + derive("id")[:24]
	given := session{
		owner: owner.AccessKeyID, secret: derive("secret")[:44], token: "CAIS" + derive("token"),
		expires: now.Add(life).Truncate(time.Second),
	}
	api.sessions[keyID] = given
	arn := req.Params.Get("RoleArn")
	return success(req, object{
		"AssumedRoleUser": object{"Arn": arn + "/" + req.Params.Get("RoleSessionName"), "AssumedRoleId": "3" + derive("role")[:16]},
		"Credentials": object{
			"AccessKeyId": keyID, "AccessKeySecret": given.secret, "SecurityToken": given.token,
			"Expiration": given.expires.Format(secondTime),
		},
	})
}
